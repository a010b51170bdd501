/** The history of a git repository as far as DVC's files go, asked of `git` itself. */

import { spawn } from 'node:child_process'

import { MlstoreError } from '../../errors.ts'
import { isDvcFile } from './outputs.ts'

/** A file of DVC as a commit has it. */
export type DvcFileAt = { readonly path: string; readonly blob: string }

export type Commit = {
  readonly id: string
  /** ISO 8601 in UTC. */
  readonly at: string
  /** Files that it brought or changed. */
  readonly files: readonly DvcFileAt[]
}

const pathspecs = [':(top,glob)**/*.dvc', ':(top,glob)**/dvc.lock']
/** Blobs that one process is asked for. */
const blobsPerProcess = 500

export class GitHistory {
  readonly #folder: string

  /** @param folder The root of the repository. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** The root of the repository that holds a folder; `undefined` outside of any. */
  static async rootOf(folder: string): Promise<string | undefined> {
    try {
      const out = await runGit(folder, ['rev-parse', '--show-toplevel'])
      return out.toString('utf8').replace(/\n$/, '')
    } catch {
      return undefined
    }
  }

  /** Commits of all branches that touch files of DVC, oldest first. */
  async commits(): Promise<Commit[]> {
    const format = '--format=commit %H %cI'
    const options = [
      '--reverse',
      '--date-order',
      '-m',
      '--raw',
      '--no-abbrev',
      '--no-renames',
      '-z',
    ]
    return commitsOf(await this.#git('log', '--all', ...options, format, '--', ...pathspecs))
  }

  /** The commit that touched a file last; `undefined` if it is not as committed. */
  async lastCommit(path: string): Promise<Omit<Commit, 'files'> | undefined> {
    const literal = `:(top,literal)${path}`
    try {
      if ((await this.#git('status', '--porcelain', '--', literal)) !== '') return undefined
      const [id, at] = (await this.#git('log', '-1', '--format=%H %cI', '--', literal)).split(/\s/)
      return id && at ? { id, at: new Date(at).toISOString() } : undefined
    } catch {
      return undefined
    }
  }

  /** Tags, oldest first, each with the files of DVC that it has. */
  async tags(): Promise<{ readonly name: string; readonly files: readonly DvcFileAt[] }[]> {
    const names = await this.#git('tag', '--sort=creatordate', '--format=%(refname:short)')
    const tags = []
    for (const name of names.split('\n').filter((line) => line !== '')) {
      const listed = await this.#git('ls-tree', '-r', '-z', `refs/tags/${name}`)
      const files = listed.split('\0').flatMap((line) => {
        const [, blob, path] = /^\d+ blob ([0-9a-f]+)\t([\s\S]*)$/.exec(line) ?? []
        return blob !== undefined && path !== undefined && isDvcFile(path) ? [{ path, blob }] : []
      })
      tags.push({ name, files })
    }
    return tags
  }

  /** Files of DVC in the working tree, committed or not. */
  async workingFiles(): Promise<string[]> {
    const options = ['-z', '--cached', '--others', '--exclude-standard']
    const listed = await this.#git('ls-files', ...options, '--', ...pathspecs)
    return [...new Set(listed.split('\0').filter((path) => path !== '' && isDvcFile(path)))].sort()
  }

  /** The texts of blobs. */
  async texts(blobs: readonly string[]): Promise<Map<string, string>> {
    const texts = new Map<string, string>()
    for (let i = 0; i < blobs.length; i += blobsPerProcess) {
      const some = blobs.slice(i, i + blobsPerProcess)
      const out = await runGit(this.#folder, ['cat-file', '--batch'], `${some.join('\n')}\n`)
      readBatch(out, texts)
    }
    return texts
  }

  async #git(...options: string[]): Promise<string> {
    return (await runGit(this.#folder, options)).toString('utf8')
  }
}

/** `commit ID TIME`, then for each file `:mode mode blob blob status` and its path. */
function commitsOf(text: string): Commit[] {
  const commits = new Map<string, { at: string; files: DvcFileAt[] }>()
  let files: DvcFileAt[] = []
  /** What the next path is about; empty: the file was removed. */
  let blob: string | undefined
  for (const token of text.split('\0')) {
    const [, next, status] = /^\n?:\d+ \d+ [0-9a-f]+ ([0-9a-f]+) ([A-Z])/.exec(token) ?? []
    const [, id, at] = /^\n?commit ([0-9a-f]+) (\S+)$/.exec(token) ?? []
    if (blob !== undefined) {
      if (blob !== '' && isDvcFile(token)) files.push({ path: token, blob })
      blob = undefined
    } else if (next !== undefined) {
      blob = status === 'D' ? '' : next
    } else if (id !== undefined && at !== undefined) {
      // A merge comes once for each of its parents.
      const known = commits.get(id) ?? { at: new Date(at).toISOString(), files: [] }
      commits.set(id, known)
      files = known.files
    }
  }
  return [...commits].map(([id, { at, files: of }]) => ({ id, at, files: of }))
}

/** `BLOB blob SIZE`, a newline, the bytes, a newline; once for each blob. */
function readBatch(out: Buffer, texts: Map<string, string>): void {
  for (let at = 0; at < out.length;) {
    const end = out.indexOf(10, at)
    if (end < 0) return
    const [blob = '', type, size] = out.toString('latin1', at, end).split(' ')
    const length = type === 'blob' ? Number(size) : -1
    if (length >= 0) texts.set(blob, out.toString('utf8', end + 1, end + 1 + length))
    at = end + 2 + length
  }
}

function runGit(folder: string, options: readonly string[], input = ''): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['-C', folder, '-c', 'core.quotePath=false', ...options], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const out: Buffer[] = []
    const errors: Buffer[] = []
    child.stdout.on('data', (piece: Buffer) => out.push(piece))
    child.stderr.on('data', (piece: Buffer) => errors.push(piece))
    child.on('error', (cause) => reject(noGit(cause)))
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out))
      else reject(gitFailed(options[0] ?? '', Buffer.concat(errors).toString('utf8').trim()))
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

function noGit(cause: Error): MlstoreError {
  return new MlstoreError('IO_ERROR', 'The program git could not be started.', {
    hint: 'Install git, or import without --all-commits.',
    cause,
  })
}

function gitFailed(what: string, why: string): MlstoreError {
  return new MlstoreError('IO_ERROR', `git ${what} failed: ${why}`)
}
