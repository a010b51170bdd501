/** CI systems are recognised, and only variables of the list are taken. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ciContext } from '../../../src/core/runs/ci-context.ts'

test('outside of CI there is none', () => {
  assert.equal(ciContext({ HOME: '/root', CI: 'false' }), undefined)
  assert.equal(ciContext({}), undefined)
})

test('GitHub: every documented variable, with its own name where it is not set', () => {
  const ci = ciContext({
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_SHA: 'abc',
    GITHUB_REPOSITORY: 'o/r',
    GITHUB_HEAD_REF: '',
    GITHUB_TOKEN: 'planted-token',
    ACTIONS_RUNTIME_TOKEN: 'planted-token',
  })
  assert.equal(ci?.provider, 'github')
  assert.equal(ci?.values['GITHUB_SHA'], 'abc')
  assert.equal(ci?.values['GITHUB_HEAD_REF'], 'github_head_ref')
  assert.equal(ci?.values['RUNNER_OS'], 'runner_os')
  assert.ok(Object.keys(ci?.values ?? {}).length >= 40)
  assert.ok(!JSON.stringify(ci).includes('planted-token'))
})

test('GitLab and others: what is set of the list', () => {
  const env = { CI: 'true', CI_COMMIT_SHA: 'abc', CI_JOB_TOKEN: 'planted-token' }
  const gitlab = ciContext({ ...env, GITLAB_CI: 'true' })
  assert.equal(gitlab?.provider, 'gitlab')
  assert.deepEqual(gitlab?.values, { CI: 'true', CI_COMMIT_SHA: 'abc', GITLAB_CI: 'true' })
  assert.deepEqual(ciContext({ JENKINS_URL: 'http://j/', BUILD_NUMBER: '7', SECRET: 'x' }), {
    provider: 'generic',
    values: { BUILD_NUMBER: '7', JENKINS_URL: 'http://j/' },
  })
})
