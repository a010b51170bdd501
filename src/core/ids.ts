/** Random ids: of packs, events, commits, stores, repositories, experiments and runs. */

/** Whether the text is an id: 16 bytes as 32 lowercase hex characters. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text)
}
