/**
 * Which names of a folder are left out.
 *
 * `.mlstoreignore` files have the syntax and the precedence of `.gitignore`: one at any level, a
 * deeper one over a higher one, the last matching line of a file over earlier ones, and nothing
 * below an ignored folder can be taken back. `--exclude` globs stand above all files. One line is
 * matched by the npm package `ignore`; which file decides is decided here.
 */

import ignore, { type Ignore } from 'ignore'

import { escapeGlob } from './escape-glob.ts'
import { isToolFolder, isUnfinished } from './reserved-names.ts'

/** Name of the files with the rules. They are content like any other file. */
export const ignoreFileName = '.mlstoreignore'

export type IgnoreOptions = {
  /** Globs in gitignore syntax, relative to the top, stronger than every file. */
  readonly exclude?: readonly string[] | undefined
  /** Leaves out names that start with `.` or `__`. Default: false. */
  readonly noHidden?: boolean | undefined
}

/**
 * What becomes of a name. `tool` is `.git` or `.mlstore`, `unfinished` a leftover of mlstore's own;
 * both stay out whatever the rules say.
 */
export type Verdict = 'take' | 'ignored' | 'hidden' | 'tool' | 'unfinished'

/** One source of rules, and the folder at hand as seen from where they apply. */
type Level = { readonly matcher: Matcher; readonly prefix: string }

/** The rules for the names in one folder. Immutable: going deeper makes new ones. */
export class IgnoreRules {
  readonly #exclude: Level | undefined
  /** Of the `.mlstoreignore` files, deepest first. */
  readonly #files: readonly Level[]
  readonly #noHidden: boolean
  /** Whether `.mlstoreignore` files mean anything. */
  readonly #heedsFiles: boolean

  private constructor(rules: {
    readonly exclude: Level | undefined
    readonly files: readonly Level[]
    readonly noHidden: boolean
    readonly heedsFiles: boolean
  }) {
    this.#exclude = rules.exclude
    this.#files = rules.files
    this.#noHidden = rules.noHidden
    this.#heedsFiles = rules.heedsFiles
  }

  /** Leaves out nothing but the tools' own: for looking at everything that is there. */
  static none(): IgnoreRules {
    return new IgnoreRules({ exclude: undefined, files: [], noHidden: false, heedsFiles: false })
  }

  /** The rules of the topmost folder, before its own `.mlstoreignore` is read. */
  static top(options: IgnoreOptions = {}): IgnoreRules {
    const { exclude = [], noHidden = false } = options
    const level = exclude.length > 0 ? levelOf(exclude) : undefined
    return new IgnoreRules({ exclude: level, files: [], noHidden, heedsFiles: true })
  }

  /** These rules and those of the folder's own `.mlstoreignore`. */
  with(ignoreFile: Uint8Array): IgnoreRules {
    if (!this.#heedsFiles) return this
    const level = levelOf(Buffer.from(ignoreFile).toString('utf8'))
    return this.#changed(this.#exclude, [level, ...this.#files])
  }

  /** The rules inside the subfolder `name`, which is taken. */
  below(name: string): IgnoreRules {
    if (this.#exclude === undefined && this.#files.length === 0) return this
    const exclude = this.#exclude && levelBelow(this.#exclude, name)
    const files = this.#files.map((level) => levelBelow(level, name))
    return this.#changed(exclude, files)
  }

  /** Decides about one name in the folder. */
  verdict(name: string, isDirectory: boolean): Verdict {
    if (isToolFolder(name)) return 'tool'
    if (isUnfinished(name)) return 'unfinished'
    if (this.#isIgnored(isDirectory ? `${name}/` : name)) return 'ignored'
    if (this.#noHidden && (name.startsWith('.') || name.startsWith('__'))) return 'hidden'
    return 'take'
  }

  #changed(exclude: Level | undefined, files: readonly Level[]): IgnoreRules {
    const [noHidden, heedsFiles] = [this.#noHidden, this.#heedsFiles]
    return new IgnoreRules({ exclude, files, noHidden, heedsFiles })
  }

  #isIgnored(name: string): boolean {
    const excluded = this.#exclude && matches(this.#exclude, name)
    if (excluded !== undefined) return excluded
    for (const level of this.#files) {
      const ignored = matches(level, name)
      if (ignored !== undefined) return ignored
    }
    return false
  }
}

function levelOf(lines: string | readonly string[]): Level {
  return { matcher: new Matcher(emptyMatcher().add(lines)), prefix: '' }
}

function levelBelow({ matcher, prefix }: Level, name: string): Level {
  const path = `${prefix}${name}/`
  return { matcher: matcher.allowing(path), prefix: path }
}

function matches({ matcher, prefix }: Level, name: string): boolean | undefined {
  return matcher.test(prefix + name)
}

function emptyMatcher(): Ignore {
  return ignore({ ignorecase: false })
}

/** `ignore` remembers every path it was asked about; it is renewed after so many. */
const rememberedPathsMax = 10_000

/** The lines of one file, or the globs of the command line. */
class Matcher {
  #rules: Ignore
  #asked = 0

  constructor(rules: Ignore) {
    this.#rules = rules
  }

  /** Whether the lines ignore the path or take it back; `undefined` if none says anything. */
  test(path: string): boolean | undefined {
    if (++this.#asked % rememberedPathsMax === 0) this.#rules = emptyMatcher().add(this.#rules)
    const { ignored, unignored } = this.#rules.test(path)
    return ignored || unignored ? ignored : undefined
  }

  /**
   * The same lines for the inside of a folder that is taken.
   *
   * Where a stronger file took back what these lines ignore, `ignore` would still hold everything
   * inside for ignored. One more line, for that very folder, undoes it.
   */
  allowing(folder: string): Matcher {
    if (this.test(folder) !== true) return this
    const line = `!/${escapeGlob(folder)}`
    return new Matcher(emptyMatcher().add(this.#rules).add([line]))
  }
}
