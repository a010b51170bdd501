/**
 * One request to MLflow's real server and to ours, and what both answer in one form.
 *
 * Ids, times and made-up names differ from server to server. A request names what earlier ones made
 * as `$e1` (the first experiment) and `$r1` (the first run); answers have the same names again.
 */

export type Request = readonly [method: 'GET' | 'POST', path: string, body: Json | string]

/** Of a query, where the method is GET. */
type Json = { readonly [key: string]: unknown }

export type Masked = { readonly status: number; readonly body: unknown }

const lists: ReadonlySet<string> = new Set(['metrics', 'params', 'tags', 'dataset_summaries'])
const times: ReadonlySet<string> = new Set(['creation_time', 'last_update_time'])
const ids: ReadonlySet<string> = new Set(['experiment_id', 'run_id', 'run_uuid'])

/** MLflow counts experiments, so their ids are told from other numbers by what stands before. */
const idInText = /\b[0-9a-f]{32}\b|(?<=mlflow-artifacts:\/|id=|ID=| id |experiment )\d+\b/g

/** Listed in docs/mlflow.md. */
const unread: ReadonlySet<string> = new Set(['error_class', 'sqlstate', 'user_id', 'workspace'])

const madeUpName = /^[a-z]+-[a-z]+-\d+$/

export class Side {
  readonly #url: string
  /** From ids of this server to names. */
  readonly #names = new Map<string, string>([['0', '0']])
  readonly #ids = new Map<string, string>()
  #experiments = 0
  #runs = 0

  constructor(url: string) {
    this.#url = url
  }

  async ask([method, path, body]: Request): Promise<Masked> {
    const { status, value } = await this.#call(method, path, body)
    this.#learn(path, value)
    return { status, body: this.#mask(value) }
  }

  async #call(
    method: string,
    path: string,
    body: Json | string,
  ): Promise<{ readonly status: number; readonly value: unknown }> {
    const text = this.#withIds(typeof body === 'string' ? body : JSON.stringify(body))
    const query = method === 'GET' && text !== '' ? `?${queryOf(text)}` : ''
    const response = await fetch(`${this.#url}/api/2.0/mlflow/${path}${query}`, {
      method,
      headers: { 'content-type': 'application/json', connection: 'close' },
      ...(method === 'POST' && { body: text }),
    })
    const answer = await response.text()
    const value: unknown = answer.startsWith('{') ? JSON.parse(answer) : answer
    return { status: response.status, value }
  }

  #withIds(text: string): string {
    return text.replaceAll(/\$[er]\d+/g, (name) => this.#ids.get(name) ?? name)
  }

  #learn(path: string, value: unknown): void {
    if (path === 'experiments/create') this.#name(find(value, 'experiment_id'), 'e')
    if (path === 'runs/create') this.#name(find(value, 'run', 'info', 'run_id'), 'r')
  }

  #name(id: unknown, kind: 'e' | 'r'): void {
    if (typeof id !== 'string') return
    const name = kind === 'e' ? `$e${++this.#experiments}` : `$r${++this.#runs}`
    this.#names.set(id, name)
    this.#ids.set(name, id)
  }

  #mask(value: unknown, key = ''): unknown {
    if (Array.isArray(value)) {
      const masked = value.map((each: unknown) => this.#mask(each, key === 'tags' ? '' : key))
      return lists.has(key) ? masked.toSorted(byJson) : masked
    }
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).filter(([name]) => !unread.has(name))
      return Object.fromEntries(entries.map(([name, each]) => [name, this.#mask(each, name)]))
    }
    if (times.has(key)) return `a ${typeof value}`
    if (typeof value !== 'string') return value
    if (key === 'next_page_token') return 'a token'
    if (ids.has(key)) return this.#names.get(value) ?? value
    if (madeUpName.test(value)) return 'a made-up name'
    return value.replaceAll(idInText, (id) => this.#names.get(id) ?? id)
  }
}

/** The same as `name=value&name=other`; a text is one already. */
function queryOf(text: string): string {
  const value: unknown = text.startsWith('{') ? JSON.parse(text) : undefined
  if (typeof value !== 'object' || value === null) return text
  const pairs = Object.entries(value).flatMap(([name, each]: [string, unknown]) =>
    (Array.isArray(each) ? each : [each]).map((one): [string, string] => [name, String(one)]),
  )
  return new URLSearchParams(pairs).toString()
}

export function find(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((found: unknown, key) => {
    if (typeof found !== 'object' || found === null) return undefined
    return new Map<unknown, unknown>(Object.entries(found)).get(key)
  }, value)
}

function byJson(a: unknown, b: unknown): number {
  const [first, second] = [JSON.stringify(a), JSON.stringify(b)]
  return first < second ? -1 : Number(first > second)
}
