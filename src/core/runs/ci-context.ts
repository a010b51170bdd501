/**
 * What a CI system says about the job that a run is part of.
 *
 * Only variables listed here are taken, by name: what else is in the environment may be secret.
 */

export type CiContext = {
  /** `github`, `gitlab` or `generic`. */
  readonly provider: string
  readonly values: Readonly<Record<string, string>>
}

type Env = Readonly<Record<string, string | undefined>>

/** All that GitHub documents as default variables. */
export const githubVariables = [
  'CI',
  'GITHUB_ACTION',
  'GITHUB_ACTION_PATH',
  'GITHUB_ACTION_REPOSITORY',
  'GITHUB_ACTIONS',
  'GITHUB_ACTOR',
  'GITHUB_ACTOR_ID',
  'GITHUB_API_URL',
  'GITHUB_BASE_REF',
  'GITHUB_ENV',
  'GITHUB_EVENT_NAME',
  'GITHUB_EVENT_PATH',
  'GITHUB_GRAPHQL_URL',
  'GITHUB_HEAD_REF',
  'GITHUB_JOB',
  'GITHUB_OUTPUT',
  'GITHUB_PATH',
  'GITHUB_REF',
  'GITHUB_REF_NAME',
  'GITHUB_REF_PROTECTED',
  'GITHUB_REF_TYPE',
  'GITHUB_REPOSITORY',
  'GITHUB_REPOSITORY_ID',
  'GITHUB_REPOSITORY_OWNER',
  'GITHUB_REPOSITORY_OWNER_ID',
  'GITHUB_RETENTION_DAYS',
  'GITHUB_RUN_ATTEMPT',
  'GITHUB_RUN_ID',
  'GITHUB_RUN_NUMBER',
  'GITHUB_SERVER_URL',
  'GITHUB_SHA',
  'GITHUB_STEP_SUMMARY',
  'GITHUB_TRIGGERING_ACTOR',
  'GITHUB_WORKFLOW',
  'GITHUB_WORKFLOW_REF',
  'GITHUB_WORKFLOW_SHA',
  'GITHUB_WORKSPACE',
  'RUNNER_ARCH',
  'RUNNER_DEBUG',
  'RUNNER_ENVIRONMENT',
  'RUNNER_NAME',
  'RUNNER_OS',
  'RUNNER_TEMP',
  'RUNNER_TOOL_CACHE',
] as const

const gitlab = [
  'CI',
  'CI_API_V4_URL',
  'CI_COMMIT_AUTHOR',
  'CI_COMMIT_BRANCH',
  'CI_COMMIT_REF_NAME',
  'CI_COMMIT_SHA',
  'CI_COMMIT_TAG',
  'CI_COMMIT_TIMESTAMP',
  'CI_DEFAULT_BRANCH',
  'CI_ENVIRONMENT_NAME',
  'CI_JOB_ID',
  'CI_JOB_IMAGE',
  'CI_JOB_NAME',
  'CI_JOB_STAGE',
  'CI_JOB_STARTED_AT',
  'CI_JOB_URL',
  'CI_MERGE_REQUEST_IID',
  'CI_MERGE_REQUEST_SOURCE_BRANCH_NAME',
  'CI_MERGE_REQUEST_TARGET_BRANCH_NAME',
  'CI_NODE_INDEX',
  'CI_NODE_TOTAL',
  'CI_PIPELINE_ID',
  'CI_PIPELINE_IID',
  'CI_PIPELINE_SOURCE',
  'CI_PIPELINE_URL',
  'CI_PROJECT_DIR',
  'CI_PROJECT_ID',
  'CI_PROJECT_NAME',
  'CI_PROJECT_NAMESPACE',
  'CI_PROJECT_PATH',
  'CI_PROJECT_URL',
  'CI_RUNNER_DESCRIPTION',
  'CI_RUNNER_EXECUTABLE_ARCH',
  'CI_RUNNER_ID',
  'CI_RUNNER_TAGS',
  'CI_SERVER_HOST',
  'CI_SERVER_URL',
  'GITLAB_CI',
  'GITLAB_USER_LOGIN',
  'GITLAB_USER_NAME',
] as const

/** Names that several other systems share, and those by which each of them is known. */
const generic = [
  'CI',
  'BITBUCKET_BRANCH',
  'BITBUCKET_BUILD_NUMBER',
  'BITBUCKET_COMMIT',
  'BITBUCKET_REPO_FULL_NAME',
  'BRANCH_NAME',
  'BUILDKITE',
  'BUILDKITE_BRANCH',
  'BUILDKITE_BUILD_NUMBER',
  'BUILDKITE_BUILD_URL',
  'BUILDKITE_COMMIT',
  'BUILDKITE_PIPELINE_SLUG',
  'BUILD_BUILDID',
  'BUILD_BUILDNUMBER',
  'BUILD_ID',
  'BUILD_NUMBER',
  'BUILD_SOURCEBRANCH',
  'BUILD_SOURCEVERSION',
  'BUILD_TAG',
  'BUILD_URL',
  'CIRCLECI',
  'CIRCLE_BRANCH',
  'CIRCLE_BUILD_NUM',
  'CIRCLE_BUILD_URL',
  'CIRCLE_JOB',
  'CIRCLE_PROJECT_REPONAME',
  'CIRCLE_SHA1',
  'CIRCLE_USERNAME',
  'DRONE',
  'DRONE_BUILD_NUMBER',
  'DRONE_COMMIT',
  'DRONE_REPO',
  'GIT_BRANCH',
  'GIT_COMMIT',
  'JENKINS_URL',
  'JOB_NAME',
  'NODE_NAME',
  'TEAMCITY_VERSION',
  'TF_BUILD',
  'TRAVIS',
  'TRAVIS_BRANCH',
  'TRAVIS_BUILD_NUMBER',
  'TRAVIS_BUILD_WEB_URL',
  'TRAVIS_COMMIT',
  'TRAVIS_REPO_SLUG',
] as const

/** Any of them says that this is a CI job. */
const genericMarks = [
  'CI',
  'BITBUCKET_BUILD_NUMBER',
  'BUILDKITE',
  'CIRCLECI',
  'DRONE',
  'JENKINS_URL',
  'TEAMCITY_VERSION',
  'TF_BUILD',
  'TRAVIS',
] as const

/**
 * The job, or `undefined` outside of CI.
 *
 * Of GitHub every documented variable is there: one that is not set, as many are outside of a pull
 * request, has its own name in lower case as a placeholder.
 */
export function ciContext(env: Env): CiContext | undefined {
  if (isTrue(env['GITHUB_ACTIONS'])) return { provider: 'github', values: githubContext(env) }
  if (isTrue(env['GITLAB_CI'])) return { provider: 'gitlab', values: valuesOf(env, gitlab) }
  if (!genericMarks.some((name) => isTrue(env[name]))) return undefined
  return { provider: 'generic', values: valuesOf(env, generic) }
}

/** Every documented variable of GitHub, with its own name in lower case where it is not set. */
export function githubContext(env: Env): Record<string, string> {
  return Object.fromEntries(githubVariables.map((name) => [name, env[name] || name.toLowerCase()]))
}

/** Anything but no. */
function isTrue(value: string | undefined): boolean {
  return value !== undefined && !/^(?:|0|false|no)$/i.test(value)
}

function valuesOf(env: Env, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
}
