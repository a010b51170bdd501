/** The job of CI that a model was made in. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  GithubActionsSpecs,
  ImageSpecs,
} from '../../../src/compat/model-card/github-actions-specs.ts'
import { githubVariables } from '../../../src/core/runs/ci-context.ts'
import { fields } from '../../../src/index.ts'

/** The fields of the Python class, in its order. */
const documented = [
  'github_repository',
  'github_actor',
  'github_env',
  'github_workflow',
  'github_job',
  'github_ref',
  'github_base_ref',
  'github_head_ref',
  'github_sha',
  'github_event_name',
  'github_run_id',
  'github_run_number',
  'runner_arch',
  'runner_name',
  'runner_os',
]

const job = { GITHUB_REPOSITORY: 'org/repo', github_sha: 'abc', RUNNER_OS: 'Linux', GITHUB_REF: '' }

test('falls back on dummy values for each unspecified parameter', () => {
  const specs = new GithubActionsSpecs({}, { env: {} })
  const placeholders = Object.fromEntries(documented.map((name) => [name, name]))
  assert.deepEqual(specs.toJson(), placeholders)
  assert.deepEqual(Object.keys(specs.toJson()), documented)
})

test('captures the variables of the job, whatever their case', () => {
  const specs = new GithubActionsSpecs({ githubActor: 'anna' }, { env: job })
  assert.equal(specs.githubRepository, 'org/repo')
  assert.equal(specs.githubSha, 'abc')
  assert.equal(specs.runnerOs, 'Linux')
  assert.equal(specs.githubActor, 'anna')
  assert.equal(specs.githubRef, 'github_ref', 'an empty variable is none')
})

test('captures every variable that GitHub documents when it is asked for everything', () => {
  const env = Object.fromEntries(githubVariables.map((name) => [name, `value of ${name}`]))
  const specs = GithubActionsSpecs.everything({ env: { ...env, GITHUB_TOKEN: 'hush-hush' } })
  const stored = specs.toJson()
  assert.equal(Object.keys(stored).length, githubVariables.length)
  for (const name of githubVariables) assert.equal(stored[name.toLowerCase()], `value of ${name}`)
  assert.equal(specs.githubServerUrl, 'value of GITHUB_SERVER_URL')
  const elsewhere = GithubActionsSpecs.everything({ env: {} })
  assert.equal(elsewhere.runnerTemp, 'runner_temp')
  assert.deepEqual(GithubActionsSpecs.fromJson(JSON.stringify(specs)).toJson(), stored)
})

test('reads the empty values that Python keeps of variables set to nothing', () => {
  const specs = GithubActionsSpecs.fromJson({ github_base_ref: '', github_sha: 'abc' })
  assert.equal(specs.githubBaseRef, '')
  assert.equal(specs.toJson()['github_base_ref'], '')
})

test('refuses unknown fields and wrong values, also when they are assigned', () => {
  const specs = new GithubActionsSpecs({}, { env: {} })
  for (const wrong of [
    () => GithubActionsSpecs.fromJson({ github_token: 'x' }),
    () => GithubActionsSpecs.fromJson({ github_sha: 5 }),
    () => Reflect.set(specs, 'githubToken', 'x'),
    () => Reflect.set(specs, 'githubSha', 5),
    () => Reflect.set(specs, 'githubSha', undefined),
  ]) {
    assert.throws(wrong, { code: 'INVALID_ARGUMENT' })
  }
  specs.githubSha = 'def'
  specs.runnerTemp = '/tmp'
  specs.runnerTemp = undefined
  assert.deepEqual(specs.toJson(), GithubActionsSpecs.fromJson({ githubSha: 'def' }).toJson())
})

test('a subclass may add fields', () => {
  class TeamSpecs extends GithubActionsSpecs {
    static override readonly fields = {
      ...GithubActionsSpecs.fields,
      team: fields.text({ fallback: 'ml' }),
    }
    declare team: string
  }
  const specs = new TeamSpecs({}, { env: { TEAM: 'search' } })
  assert.equal(specs.team, 'search')
  assert.equal(TeamSpecs.fromJson({ team: 'x' }).toJson()['team'], 'x')
  assert.throws(() => GithubActionsSpecs.fromJson({ team: 'x' }), { code: 'INVALID_ARGUMENT' })
})

test('an image is named by two variables, with placeholders', () => {
  assert.deepEqual(new ImageSpecs({}, { env: {} }).toJson(), {
    docker_image_name: 'image_name',
    docker_image_tag: 'image_tag',
  })
  const env = { DOCKER_IMAGE_NAME: 'org/serve', docker_image_tag: '1.2' }
  const image = new ImageSpecs({}, { env })
  assert.deepEqual([image.dockerImageName, image.dockerImageTag], ['org/serve', '1.2'])
  assert.throws(() => ImageSpecs.fromJson({ docker_image: 'x' }), { code: 'INVALID_ARGUMENT' })
})
