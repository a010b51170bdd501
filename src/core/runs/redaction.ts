/**
 * Keeping secrets out of what is recorded of a run: its command, its output, its patch.
 *
 * Masked are the values of variables whose names say that they are secret, wherever they stand;
 * passwords within URLs; tokens that are known by their form; and what is given to a name that
 * says so, such as `--token X` or `API_KEY=X`. A patch that was masked may not apply any more:
 * that is the price.
 */

// Repetitions have bounds: patches may be made to be slow, and a line may have ten megabytes.

/** What is to be masked besides what gives itself away. */
export type Secrets = {
  /** Texts, the longest first. */
  readonly texts: readonly string[]
}

export const mask = '***'

/** A shorter value would be found in innocent words. */
const secretCharactersMin = 6

/** Ends of names that hold secrets. `TOKEN_FILE` does not: it has a path. */
const secretEnd =
  /(?:token|secret|secrets|password|passwd|passphrase|credential|credentials|authorization|connection[_-]?string|(?:api|access|private|secret|auth|signing|encryption|account)[_-]?key)(?:_?(?:id|base64|b64|\d+))?$/i

/** The same of words so short that others end with them. */
const shortSecretEnd = /[_.-](?:pwd|pat|dsn)$/i

/** Kinds of variables of which every part may be secret, whatever it is called. */
const secretVariable = /^(?:AWS_(?:ACCESS|SECRET|SESSION|SECURITY)|MLSTORE_.*SECRET)|_KEY$/

/** Whether a variable of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return secretEnd.test(name) || shortSecretEnd.test(name) || secretVariable.test(name)
}

/** The secrets that an environment holds. */
export function secretsIn(env: Readonly<Record<string, string | undefined>>): Secrets {
  const texts = new Set<string>()
  for (const [name, value = ''] of Object.entries(env)) {
    if (isSecretName(name)) for (const text of formsOf(value)) texts.add(text)
    for (const [, password = ''] of value.matchAll(urlPassword)) {
      for (const text of formsOf(password)) texts.add(text)
    }
  }
  return { texts: [...texts].toSorted((a, b) => b.length - a.length) }
}

/** A secret, its lines, and how it stands in URLs, in JSON and in headers. */
function formsOf(value: string): string[] {
  const text = value.trim()
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  const forms = [text, ...lines].flatMap((form) => [
    form,
    encodeUri(form),
    JSON.stringify(form).slice(1, -1),
    Buffer.from(form).toString('base64').replace(/=+$/, ''),
  ])
  return forms.filter((form) => form.length >= secretCharactersMin)
}

function encodeUri(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString('utf8'))
}

const urlPassword = /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@'"]{0,200}:([^\s/@'"]{1,500})@/gi

/** User and password of a URL; a user alone may be a token. */
const urlUser = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@'"<>]{1,500}@/gi

/** Query parameters of signed URLs. */
const signedQuery =
  /([?&](?:[\w.-]{0,60}(?:signature|sig|token|credential|key)[\w.-]{0,60})=)[^\s&#'"<>]+/gi

const knownForms = new RegExp(
  [
    'gh[pousr]_[A-Za-z0-9]{20,500}',
    'github_pat_[A-Za-z0-9_]{20,500}',
    'glpat-[A-Za-z0-9_-]{16,500}',
    'xox[abeoprs]-[A-Za-z0-9-]{10,500}',
    'hf_[A-Za-z0-9]{20,500}',
    'sk-[A-Za-z0-9_-]{20,500}',
    'npm_[A-Za-z0-9]{30,500}',
    'pypi-[A-Za-z0-9_-]{30,500}',
    'AIza[A-Za-z0-9_-]{30,500}',
    '(?:AKIA|ASIA)[A-Z0-9]{16}',
    '\\beyJ[A-Za-z0-9_-]{8,500}\\.eyJ[A-Za-z0-9_-]{8,2000}\\.[A-Za-z0-9_-]{8,2000}',
  ].join('|'),
  'g',
)

const bearer = /\b(bearer|basic)(\s{1,20})[A-Za-z0-9._~+/=-]{8,2000}/gi

const privateKey =
  /(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(?:(-----END [A-Z ]*PRIVATE KEY-----)|$)/g

/** `api_key = "…"`, `"password": "…"`, `'token': '…'`: a name that says so, and a text. */
const quotedValue =
  /\b([A-Za-z][\w.-]{0,80})(["']?\s{0,20}(?:[:=]|=>|:=)\s{0,20})(["'`])((?:\\.|(?!\3)[^\\\n]){1,1000})\3/g

/** `API_KEY=…`, `password: …` at the begin of a line, as environment files and YAML have it. */
const plainValue =
  /^([+\- ]?[ \t]{0,100}(?:export[ \t]{1,20}|-[ \t]{1,20})?)([A-Za-z][\w.-]{0,80})([ \t]{0,20}[:=][ \t]{0,20})([^\s"'`#(){}[\],;]{6,1000})[ \t]{0,20}$/gm

/** The text with every secret masked. */
export function redact(text: string, { texts }: Secrets): string {
  let redacted = text
  for (const secret of texts) {
    if (redacted.includes(secret)) redacted = redacted.replaceAll(secret, mask)
  }
  return redacted
    .replaceAll(privateKey, (_, begin: string, end = '') => `${begin}${mask}${end}`)
    .replaceAll(urlUser, `$1${mask}@`)
    .replaceAll(signedQuery, `$1${mask}`)
    .replaceAll(knownForms, mask)
    .replaceAll(bearer, `$1$2${mask}`)
    .replaceAll(quotedValue, (all, name: string, middle: string, quote: string) =>
      isSecretName(name) ? `${name}${middle}${quote}${mask}${quote}` : all,
    )
    .replaceAll(plainValue, (all, begin: string, name: string, middle: string) =>
      isSecretName(name) ? `${begin}${name}${middle}${mask}` : all,
    )
}

/** The arguments of a command, with what follows a name that says so masked. */
export function redactArguments(command: readonly string[], secrets: Secrets): string[] {
  let isNextSecret = false
  return command.map((argument) => {
    if (isNextSecret && !/^--?[A-Za-z]/.test(argument)) {
      isNextSecret = false
      return mask
    }
    const [, dashes = '', name = '', equals, value = ''] =
      /^(-*)([A-Za-z][\w.-]*)(=?)([\s\S]*)$/.exec(argument) ?? []
    const saysSo = isSecretName(name)
    isNextSecret = saysSo && dashes !== '' && value === ''
    return saysSo && equals === '=' ? `${dashes}${name}=${mask}` : redact(argument, secrets)
  })
}

/** A URL without user, password, query and fragment: what identifies a repository. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1').replace(/[?#].*$/, '')
}
