/** What callers ask about logins, and what they are told. No answer holds a secret. */

/** `artifactory` and `store` (another mlstore, `mlstore serve`) take tokens, `s3` takes keys. */
export type ServerKind = 'artifactory' | 's3' | 'store'

/** A configuration that a login can use again: our own, or one that another tool wrote. */
export type ConfigurationSource = 'saved' | 'frogml' | 'jfrog' | 'aws'

/**
 * One way to log in: user name and password, token, anonymous, keys, profile or a configuration
 * that is there. With none of them the first configuration found is used.
 */
export type LoginRequest = {
  /** Of the server. Not needed for AWS. */
  readonly url?: string | undefined
  /** Default: what the credentials are for; of a token the server is asked. */
  readonly kind?: ServerKind | undefined
  /** What to call the server. Default: its host. A server saved under this name is replaced. */
  readonly name?: string | undefined
  readonly username?: string | undefined
  /** Exchanged for a token; never saved. */
  readonly password?: string | undefined
  readonly token?: string | undefined
  readonly anonymous?: boolean | undefined
  readonly accessKeyId?: string | undefined
  readonly secretAccessKey?: string | undefined
  readonly sessionToken?: string | undefined
  /** Of the files of AWS's tools; the keys stay there. */
  readonly profile?: string | undefined
  /** A bucket that keys or profile must be able to list. Default: only the keys are checked. */
  readonly bucket?: string | undefined
  /** Takes what is needed from there. */
  readonly existing?: ConfigurationSource | undefined
  /** Leaves the default server as it is. Default: the server becomes the default. */
  readonly keepDefault?: boolean | undefined
}

export type LoginMethod = 'anonymous' | 'keys' | 'profile' | 'token'

export type LoginResult = {
  readonly name: string
  readonly kind: ServerKind
  /** `null` is AWS. */
  readonly url: string | null
  readonly user: string | null
  /** What was saved: a password was exchanged for a token. */
  readonly method: LoginMethod
  /** Of the server, as far as it tells. */
  readonly version: string | null
  readonly expiresAt: string | null
  readonly default: boolean
  /** The file it is saved in. */
  readonly path: string
  /** The configuration that was used again. */
  readonly from: string | null
  /** What the user should know, in sentences. */
  readonly notes: readonly string[]
}

export type LogoutRequest = {
  readonly name?: string | undefined
  readonly url?: string | undefined
  readonly all?: boolean | undefined
}

export type LogoutResult = {
  readonly servers: readonly { readonly name: string; readonly url: string | null }[]
  /** The server that is the default now. */
  readonly default: string | null
}

export type ServerListing = {
  /** `null` for one that the environment names. */
  readonly name: string | null
  readonly kind: ServerKind
  readonly url: string | null
  /** The user; of keys the end of the key's id; the profile. */
  readonly user: string | null
  readonly method: LoginMethod
  readonly default: boolean
  readonly expiresAt: string | null
  /** A file, or the variable that names it. */
  readonly from: string
}

export type WhoamiResult = {
  /** Those of the environment, which come first when credentials are chosen, then those saved. */
  readonly servers: readonly ServerListing[]
}

/** A configuration that is there, without its secrets. */
export type ConfigurationListing = {
  readonly source: ConfigurationSource
  readonly path: string
  readonly url: string | null
  readonly user: string | null
  /** The request must bring it: the file names a user only. */
  readonly lacksPassword: boolean
}
