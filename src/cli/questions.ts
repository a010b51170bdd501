/** Questions to whoever sits at the terminal. */

export interface Questions {
  /**
   * Shows a numbered menu and takes a number of it.
   *
   * @param choices Each begins with its number: `1.Login`, `0: Token`.
   * @returns The index of the choice.
   * @throws {MlstoreError} `INTERRUPTED` as all of them, by Ctrl-C.
   */
  choose(message: string, choices: readonly string[]): Promise<number>
  /** @param problemOf What is wrong with an answer, which is then asked for again. */
  text(message: string, problemOf?: (answer: string) => string | undefined): Promise<string>
  /** What is typed is not shown; an empty answer is asked for again. */
  secret(message: string): Promise<string>
}
