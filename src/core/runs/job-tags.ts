/**
 * Tags of a run that say which job of a platform it is part of, so that it can be found by them.
 *
 * The platform tells its jobs by variables: those of Neu.ro (`NEURO_JOB_ID`, `_NAME`, `_OWNER`,
 * `_TAGS`), or the same with `MLSTORE_` instead, which come first.
 */

type Env = Readonly<Record<string, string | undefined>>

/** Key of the tag, and the end of the variable. */
const facts = [
  ['job_id', 'JOB_ID'],
  ['job_name', 'JOB_NAME'],
  ['owner', 'JOB_OWNER'],
] as const

/**
 * `job_id`, `job_name`, `owner`, and `job_tag.<tag>` for each tag of the job (separated by commas).
 * None outside of a job.
 */
export function jobTags(env: Env): Record<string, string> {
  const said = facts.flatMap(([key, end]) => {
    const value = variable(env, end)
    return value === undefined ? [] : [[key, value] as const]
  })
  if (said.length === 0) return {}
  const tags = (variable(env, 'JOB_TAGS') ?? '')
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
  return Object.fromEntries([...said, ...tags.map((tag) => [`job_tag.${tag}`, 'true'] as const)])
}

function variable(env: Env, end: string): string | undefined {
  return env[`MLSTORE_${end}`]?.trim() || env[`NEURO_${end}`]?.trim() || undefined
}
