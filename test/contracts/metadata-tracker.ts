/**
 * The contract of src/compat/metadata-tracker/metadata-tracker.ts, executed.
 *
 * Every implementation runs it. Titles follow the sentences of lolpop's documents, whose names of
 * methods they use; docs/seeds.md names them, so they stand at the top level of the file.
 */

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { test, type TestContext } from 'node:test'

import type {
  MetadataTracker,
  Resource,
} from '../../src/compat/metadata-tracker/metadata-tracker.ts'
import { ModelTrainers } from '../../src/compat/metadata-tracker/model-trainers.ts'
import { isMlstoreError } from '../../src/errors.ts'

/** A run as it is kept, read past the tracker. */
export type KeptRun = {
  readonly status: string
  /** Id of the run it was started within. */
  readonly parent: string | null
  readonly tags: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, string>>
  /** Paths of its files. */
  readonly files: readonly string[]
}

/** An empty experiment somewhere. */
export type TrackerPlace = {
  /** Empty: for files of the test. */
  readonly folder: string
  /** Another program that tracks in the experiment; its runs start after those of the ones before. */
  open(trainers?: ModelTrainers): MetadataTracker | Promise<MetadataTracker>
  /** Stops the trackers that were opened. */
  close(): Promise<void>
  look(run: string): Promise<KeptRun>
  /** How the place writes an object or a list as a tag. */
  readonly textOf: (value: unknown) => string
  /** The condition of a search: the tag has the value. */
  readonly filter: (key: string, value: string) => string
}

export type OpenPlace = (context: TestContext) => Promise<TrackerPlace>

/** Defines the suite; called at the top level of a test file. */
export function metadataTrackerContract(openPlace: OpenPlace): void {
  const within = (title: string, check: (place: TrackerPlace) => Promise<void>): void => {
    test(title, async (context) => {
      const place = await openPlace(context)
      try {
        await check(place)
      } finally {
        await place.close()
      }
    })
  }
  defineFiles(within)
  defineTags(within)
  defineResources(within)
  defineVersions(within)
  defineModels(within)
  defineVersionControl(within)
  defineTrainers(within)
}

type Within = (title: string, check: (place: TrackerPlace) => Promise<void>) => void

function defineFiles(within: Within): void {
  within('log_artifact logs an artifact into a resource', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn', { type: 'model' })
    await tracker.logArtifact(model, 'weights', write(place, 'weights.bin', 'abc'))
    const { files } = await place.look(model.run.id)
    assert.deepEqual(files, ['churn/weights.bin'])
  })

  within('a folder is an artifact with all the files in it', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn')
    write(place, 'net/layers/1.bin', 'one')
    write(place, 'net/config.json', '{}')
    await tracker.logArtifact(model, 'network', join(place.folder, 'net'))
    const { files } = await place.look(model.run.id)
    assert.deepEqual([...files].sort(), ['churn/net/config.json', 'churn/net/layers/1.bin'])
    const got = await tracker.getArtifact(model, 'network')
    assert.equal(readFileSync(join(got, 'layers/1.bin'), 'utf8'), 'one')
    assert.equal(readFileSync(join(got, 'config.json'), 'utf8'), '{}')
    rmSync(dirname(got), { recursive: true })
  })

  within('get_artifact retrieves an artifact as a file with the same bytes', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn')
    const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256))
    const path = join(place.folder, 'weights.bin')
    writeFileSync(path, bytes)
    await tracker.logArtifact(model, 'weights', path)
    const got = await tracker.getArtifact(model, 'weights')
    assert.ok(isAbsolute(got) && got !== path)
    assert.deepEqual(readFileSync(got), bytes)
    rmSync(dirname(got), { recursive: true })
    const directory = join(place.folder, 'elsewhere')
    const there = await tracker.getArtifact(model, 'weights', { directory })
    assert.equal(there, join(directory, 'weights.bin'))
    await rejects(tracker.getArtifact(model, 'weights', { directory }), 'INVALID_ARGUMENT')
  })

  within('the id of an artifact organizes artifacts whose files have one name', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn')
    await tracker.logArtifact(model, 'train', write(place, 'a/report.html', 'first'))
    await Promise.all([
      tracker.logArtifact(model, 'test', write(place, 'b/report.html', 'second')),
      tracker.logArtifact(model, 'both', write(place, 'c/report.html', 'third')),
    ])
    await tracker.logArtifact(model, 'train', write(place, 'd/report.html', 'again'))
    assert.equal(text(await tracker.getArtifact(model, 'train')), 'again')
    assert.equal(text(await tracker.getArtifact(model, 'test')), 'second')
    assert.equal(text(await tracker.getArtifact(model, 'both')), 'third')
    const { files } = await place.look(model.run.id)
    assert.deepEqual([...files].sort(), [
      'churn/both/report.html',
      'churn/report.html',
      'churn/test/report.html',
    ])
  })

  within(
    'an artifact nobody logged, and a file that is not there, are NOT_FOUND',
    async (place) => {
      const tracker = await place.open()
      const model = await tracker.createResource('churn')
      await rejects(tracker.getArtifact(model, 'weights'), 'NOT_FOUND')
      await rejects(tracker.logArtifact(model, 'w', join(place.folder, 'absent')), 'NOT_FOUND')
      await tracker.logArtifact(model, 'w', write(place, 'w.bin', 'it goes on'))
      await rejects(tracker.getArtifact(model, 'weights'), 'NOT_FOUND')
    },
  )

  within('get_artifact finds by its name what has no id', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn')
    await tracker.logArtifact(model, 'x', write(place, 'weights.bin', 'abc'))
    assert.equal(text(await tracker.getArtifact(model, 'weights')), 'abc')
    assert.equal(text(await tracker.getArtifact(model, 'weights.bin')), 'abc')
  })

  within('log_data_profile logs a data profile, and get_data_profile gives it', async (place) => {
    const tracker = await place.open()
    const data = await tracker.createResource('sales', { type: 'dataset_version' })
    await tracker.logDataProfile(data, write(place, 'profile.html', '<p>'))
    assert.equal(text(await tracker.getDataProfile(data)), '<p>')
    assert.equal(text(await tracker.getDataProfile(data, 'sales_data_profile')), '<p>')
    assert.deepEqual((await place.look(data.run.id)).files, ['sales/profile.html'])
  })

  within(
    'log_checks logs checks of data and of models, and get_data_checks gives them',
    async (place) => {
      const tracker = await place.open()
      const data = await tracker.createResource('sales')
      await tracker.logChecks(data, write(place, 'a/checks.html', 'of data'))
      await tracker.logChecks(data, write(place, 'b/checks.html', 'of the model'), 'model')
      assert.equal(text(await tracker.getDataChecks(data)), 'of data')
      const ofModel = await tracker.getDataChecks(data, 'sales_model_checks_report')
      assert.equal(text(ofModel), 'of the model')
    },
  )

  within('log_data_comparison logs a comparison of data', async (place) => {
    const tracker = await place.open()
    const data = await tracker.createResource('sales')
    await tracker.logDataComparison(data, write(place, 'drift.html', 'none'))
    assert.equal(text(await tracker.getArtifact(data, 'sales_data_comparison')), 'none')
  })
}

function defineTags(within: Within): void {
  within('log_tag logs a tag of the resource, and get_tag retrieves it', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn')
    const data = await tracker.createResource('sales')
    await tracker.logTag(model, 'owner', 'anna')
    assert.equal(await tracker.getTag(model, 'owner'), 'anna')
    assert.equal(await tracker.getTag(model, 'absent'), null)
    assert.equal(await tracker.getTag(data, 'owner'), null)
    await tracker.logTag(model, 'owner', 'bert')
    assert.equal(await tracker.getTag(model, 'owner'), 'bert')
    assert.equal((await place.look(model.run.id)).tags['churn.owner'], 'bert')
  })

  within('a tag is the text that was logged, whatever it looks like', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn')
    const texts = ['1', 'true', 'null', '', ' x\ny', "it's", '"quoted"', 'naïve', 'True', 'None']
    for (const text of texts) {
      await tracker.logTag(model, 'note', text)
      assert.equal(await tracker.getTag(model, 'note'), text)
      assert.equal((await place.look(model.run.id)).tags['churn.note'], text)
    }
  })

  within(
    'log_metadata logs metadata with parts, and get_metadata gives them back',
    async (place) => {
      const tracker = await place.open()
      const model = await tracker.createResource('churn')
      const values = [
        {
          metric: 'f1',
          folds: [1, 2, 3],
          rate: 0.25,
          note: `it's "x"`,
          none: null,
          deep: { on: true },
        },
        ['a', 'b'],
        {},
        [],
      ]
      for (const value of values) {
        await tracker.logMetadata(model, 'summary', value)
        assert.deepEqual(await tracker.getMetadata(model, 'summary'), value)
        const { tags } = await place.look(model.run.id)
        assert.equal(tags['churn.summary'], place.textOf(value))
      }
      assert.equal(await tracker.getMetadata(model, 'absent'), null)
    },
  )

  within('metadata whose id contains param are a param and a tag', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn')
    await tracker.logMetadata(model, 'training_params', { depth: 5, rate: 0.25, kind: 'gbt' })
    const { params } = await place.look(model.run.id)
    assert.deepEqual(params, { depth: '5', kind: 'gbt', rate: '0.25' })
    const back = await tracker.getMetadata(model, 'training_params')
    assert.deepEqual(back, { depth: 5, rate: 0.25, kind: 'gbt' })
  })

  within(
    'metadata that would change a param, or are no params, are refused whole',
    async (place) => {
      const tracker = await place.open()
      const model = await tracker.createResource('churn')
      await tracker.logMetadata(model, 'params', { depth: 5 })
      await rejects(
        tracker.logMetadata(model, 'params', { width: 1, depth: 6 }),
        'INVALID_ARGUMENT',
      )
      await rejects(tracker.logMetadata(model, 'params', 'depth=5'), 'INVALID_ARGUMENT')
      assert.deepEqual(await tracker.getMetadata(model, 'params'), { depth: 5 })
      assert.deepEqual((await place.look(model.run.id)).params, { depth: '5' })
    },
  )
}

function defineResources(within: Within): void {
  within('the tracker has a url and a run', async (place) => {
    const tracker = await place.open()
    assert.ok(URL.canParse(tracker.url), tracker.url)
    const { id, name } = await tracker.run
    const { status, parent, tags } = await place.look(id)
    assert.notEqual(name, '')
    assert.deepEqual([status, parent, tags['parent_run']], ['RUNNING', null, 'True'])
    assert.equal((await tracker.run).id, id)
  })

  within('create_resource creates a resource of the run of the tracker', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn', { type: 'model' })
    assert.deepEqual(model, { id: 'churn', run: await tracker.run })
    await rejects(tracker.createResource(''), 'INVALID_ARGUMENT')
  })

  within('create_resource creates a nested run for an experiment', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn', { type: 'model' })
    const first = await tracker.createResource('x', { type: 'experiment', parent: model })
    const second = await tracker.createResource('x', { type: 'experiment', parent: model })
    assert.equal(first.id, `${first.run.id}.churn`)
    assert.notEqual(first.run.id, second.run.id)
    const { parent, status, tags } = await place.look(first.run.id)
    assert.deepEqual([parent, status, tags['parent_run']], [model.run.id, 'RUNNING', undefined])
  })

  within('get_resource retrieves a resource with its run', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn')
    const experiment = await tracker.createResource('', { type: 'experiment', parent: model })
    const other = await place.open()
    const found = await other.getResource(experiment.id, { type: 'experiment' })
    assert.deepEqual(found, experiment)
    assert.deepEqual(await other.getResource('churn', { parent: model }), model)
    assert.deepEqual((await tracker.getResource('sales')).run, await tracker.run)
    const absent = `${'0'.repeat(31)}f.churn`
    await rejects(other.getResource(absent, { type: 'experiment' }), 'NOT_FOUND')
    await rejects(other.getResource('churn', { type: 'experiment' }), 'INVALID_ARGUMENT')
  })

  within('update_resource updates the resource and gives it back', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn')
    await tracker.logTag(model, 'stage', 'trial')
    const updated = await tracker.updateResource(model, { stage: 'done', owner: 'anna' })
    assert.deepEqual(updated, model)
    assert.equal(await tracker.getTag(model, 'stage'), 'done')
    assert.equal(await tracker.getTag(model, 'owner'), 'anna')
  })

  within('clean_resource ends the run of the experiment and no other', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn')
    const parent = { type: 'experiment', parent: model }
    const [first, second] = [
      await tracker.createResource('', parent),
      await tracker.createResource('', parent),
    ]
    await tracker.cleanResource(first, 'experiment')
    await tracker.cleanResource(first, 'experiment')
    await tracker.cleanResource(model, 'model')
    const statuses = await statusesOf(place, [first, second, model])
    assert.deepEqual(statuses, ['FINISHED', 'RUNNING', 'RUNNING'])
    // What is learned later can still be said.
    await tracker.logTag(first, 'verdict', 'best')
    await tracker.logArtifact(first, 'late', write(place, 'late.txt', 'x'))
    assert.equal(text(await tracker.getArtifact(first, 'late')), 'x')
    assert.equal((await place.look(first.run.id)).status, 'FINISHED')
  })

  within('get_resource_id gives the id, of a path the name of its file', async (place) => {
    const tracker = await place.open()
    const run = await tracker.run
    const idOf = (id: string): string => tracker.getResourceId({ id, run })
    assert.equal(idOf('churn'), 'churn')
    assert.equal(idOf('churn.v2'), 'churn.v2')
    assert.equal(idOf('data/raw/sales.2024.csv'), 'sales_2024')
    assert.equal(idOf('data/raw/'), 'raw')
    assert.equal(idOf('data/.hidden'), '_hidden')
  })

  within('get_parent_id gives the id of the parent of an experiment', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn.v2')
    const experiment = await tracker.createResource('', { type: 'experiment', parent: model })
    assert.equal(tracker.getParentId(experiment, 'experiment'), 'churn.v2')
    assert.equal(tracker.getParentId(experiment), 'churn.v2')
    assert.equal(tracker.getParentId(experiment, 'model'), null)
    assert.equal(tracker.getParentId(model), null)
  })

  within('stop stops the runs of the tracker', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn')
    const experiment = await tracker.createResource('', { type: 'experiment', parent: model })
    await tracker.stop()
    await tracker.stop()
    assert.deepEqual(await statusesOf(place, [model, experiment]), ['FINISHED', 'FINISHED'])
    // The next resource goes on with the run.
    const later = await tracker.createResource('sales')
    assert.deepEqual(await statusesOf(place, [later]), ['RUNNING'])
    assert.equal(later.run.id, model.run.id)
    await tracker.stop()
    assert.deepEqual(await statusesOf(place, [model]), ['FINISHED'])
  })
}

function defineVersions(within: Within): void {
  within(
    'get_prev_resource_version gives the previous version, never the one asked about',
    async (place) => {
      const [first, second, third] = await threeVersions(place, 'churn')
      const tracker = await place.open()
      assert.deepEqual(await tracker.getPrevResourceVersion(third), second)
      assert.deepEqual(await tracker.getPrevResourceVersion(second), first)
      assert.equal(await tracker.getPrevResourceVersion(first), null)
      const running = await tracker.createResource('churn')
      assert.deepEqual(await tracker.getPrevResourceVersion(running), third)
      const other = await tracker.createResource('sales')
      assert.equal(await tracker.getPrevResourceVersion(other), null)
    },
  )

  within(
    'a run that goes on, or does not know the resource, is no previous version',
    async (place) => {
      const going = await place.open()
      await going.registerVcResource(await going.createResource('churn'), { hexsha: 'a1' })
      const other = await place.open()
      await other.createResource('churn')
      await other.stop()
      const tracker = await place.open()
      const model = await tracker.createResource('churn')
      assert.equal(await tracker.getPrevResourceVersion(model), null)
    },
  )

  within('get_prev_resource_version applies extra filters and num', async (place) => {
    const versions = await threeVersions(place, 'churn')
    const [first, second, third] = versions
    const tracker = await place.open()
    await tracker.logTag(first, 'status', 'GOOD')
    const extraFilters = [place.filter('churn.status', 'GOOD')]
    assert.deepEqual(await tracker.getPrevResourceVersion(third, { extraFilters }), first)
    assert.deepEqual(await tracker.getPrevResourceVersions(third, 5), [second, first])
    assert.deepEqual(await tracker.getPrevResourceVersions(third, 1), [second])
    assert.deepEqual(await tracker.getPrevResourceVersions(third, 5, { extraFilters }), [first])
    await rejects(tracker.getPrevResourceVersions(third, 0), 'INVALID_ARGUMENT')
  })

  within(
    'get_currently_deployed_model_version gives the deployed, else promoted, else previous version',
    async (place) => {
      const [first, second, third] = await threeVersions(place, 'churn')
      const tracker = await place.open()
      const model = await tracker.createResource('churn')
      const deployed = (of: Resource): Promise<Resource | null> =>
        tracker.getCurrentlyDeployedModelVersion(of)
      assert.deepEqual(await deployed(model), third)
      assert.equal(await deployed(first), null)
      await tracker.logTag(second, 'status', 'PROMOTED')
      assert.deepEqual(await deployed(model), second)
      await tracker.logTag(first, 'status', 'DEPLOYED')
      assert.deepEqual(await deployed(model), first)
      assert.deepEqual(await deployed(first), first)
      await tracker.logTag(third, 'status', 'DEPLOYED')
      assert.deepEqual(await deployed(model), third)
      assert.deepEqual(await deployed(first), third)
      await tracker.logTag(model, 'status', 'DEPLOYED')
      assert.deepEqual(await deployed(model), model)
    },
  )

  within(
    'get_prediction_job_model_version gives the model version used in a prediction job',
    async (place) => {
      const [first, second] = await threeVersions(place, 'churn')
      const tracker = await place.open()
      const type = 'prediction_job'
      const nightly = await tracker.createResource('nightly', { type, parent: first })
      assert.deepEqual(await tracker.getPredictionJobModelVersion(nightly), first)
      const ofRun = { id: 'churn_predictions', run: second.run }
      assert.deepEqual(await tracker.getPredictionJobModelVersion(ofRun), second)
      await rejects(tracker.getPredictionJobModelVersion('hourly'), 'INVALID_ARGUMENT')
      assert.equal(await tracker.getPredictionJobModelVersion('sales_predictions'), null)
    },
  )

  within('a prediction job by its id is of the newest model version before it', async (place) => {
    const [, , third] = await threeVersions(place, 'churn')
    const tracker = await place.open()
    assert.deepEqual(await tracker.getPredictionJobModelVersion('churn_predictions'), third)
  })

  within('get_latest_model_resource gives the latest prediction job of a model', async (place) => {
    const [model] = await threeVersions(place, 'churn')
    const [, , job] = await threeVersions(place, 'churn_predictions')
    const tracker = await place.open()
    assert.deepEqual(await tracker.getLatestModelResource(model, 'prediction_job'), job)
    const [latest] = await tracker.getPrevResourceVersions({ ...model, run: await tracker.run }, 1)
    assert.deepEqual(await tracker.getLatestModelResource(model, 'model_version'), latest)
    assert.equal(await tracker.getLatestModelResource(model, 'chart'), null)
    assert.equal(await tracker.getLatestModelResource(job, 'prediction_job'), null)
  })
}

function defineModels(within: Within): void {
  within(
    'get_winning_experiment gives the winning experiment of a model version',
    async (place) => {
      const tracker = await place.open()
      const model = await tracker.createResource('churn', { type: 'model_version' })
      const options = { type: 'experiment', parent: model }
      const [winner] = [
        await tracker.createResource('', options),
        await tracker.createResource('', options),
      ]
      assert.equal(await tracker.getWinningExperiment(model), null)
      await tracker.logTag(model, 'winning_experiment_id', winner.id)
      await tracker.stop()
      const later = await place.open()
      assert.deepEqual(await later.getWinningExperiment(model), winner)
    },
  )

  within(
    'build_model_lineage logs the dataset versions used to create the model version',
    async (place) => {
      const tracker = await place.open()
      const [model, ...data] = [
        await tracker.createResource('churn', { type: 'model_version' }),
        await tracker.createResource('sales', { type: 'dataset_version' }),
        await tracker.createResource('data/raw/visits.csv', { type: 'dataset_version' }),
      ]
      await tracker.buildModelLineage(model, data)
      const { tags } = await place.look(model.run.id)
      assert.equal(tags['churn.dataset_versions'], place.textOf(['sales', 'visits']))
      assert.equal(tags['churn.dataset_versions.exists'], 'True')
      assert.deepEqual(await tracker.getMetadata(model, 'dataset_versions'), ['sales', 'visits'])
    },
  )

  within(
    'build_model_lineage takes the dataset versions over from the version before',
    async (place) => {
      const before = await place.open()
      const old = await before.createResource('churn')
      await before.buildModelLineage(old, [await before.createResource('sales')])
      await before.registerVcResource(old, { hexsha: 'a1' })
      await before.stop()
      const tracker = await place.open()
      const model = await tracker.createResource('churn')
      await tracker.buildModelLineage(model, [])
      assert.deepEqual(await tracker.getMetadata(model, 'dataset_versions'), ['sales'])
      assert.equal(await tracker.getTag(model, 'dataset_versions.exists'), null)
      const first = await tracker.createResource('first_of_its_kind')
      await tracker.buildModelLineage(first, [])
      assert.equal(await tracker.getMetadata(first, 'dataset_versions'), null)
    },
  )
}

function defineVersionControl(within: Within): void {
  within('register_vc_resource registers what version control says', async (place) => {
    const tracker = await place.open()
    const data = await tracker.createResource('sales')
    const vcInfo = { hexsha: 'a1b2c3', uri: 's3://bucket/sales.csv', other: 'not kept' }
    const additionalMetadata = { rows: '12', columns: ['x', 'y'] }
    await tracker.registerVcResource(data, vcInfo, { additionalMetadata })
    const { tags } = await place.look(data.run.id)
    const said = Object.entries(tags).filter(([key]) => key.startsWith('sales.'))
    assert.deepEqual(Object.fromEntries(said), {
      'sales.columns': place.textOf(['x', 'y']),
      'sales.exists': 'True',
      'sales.hexsha': 'a1b2c3',
      'sales.rows': '12',
      'sales.uri': 's3://bucket/sales.csv',
    })
  })

  within(
    'register_vc_resource without a hexsha, and of an experiment, makes no version',
    async (place) => {
      const tracker = await place.open()
      const data = await tracker.createResource('sales')
      const experiment = await tracker.createResource('', { type: 'experiment', parent: data })
      await tracker.registerVcResource(data, { uri: 'x' }, { additionalMetadata: { rows: '12' } })
      await tracker.registerVcResource(experiment, { hexsha: 'a1' })
      assert.equal(await tracker.getTag(data, 'exists'), null)
      assert.equal(await tracker.getTag(data, 'rows'), '12')
      assert.equal(await tracker.getTag(experiment, 'exists'), null)
      assert.deepEqual(await tracker.getVcInfo(experiment), { hexsha: 'a1' })
    },
  )

  within('get_vc_info gives what was registered, by its key', async (place) => {
    const tracker = await place.open()
    const model = await tracker.createResource('churn')
    assert.deepEqual(await tracker.getVcInfo(model), { hexsha: null })
    await tracker.registerVcResource(model, { hexsha: 'c0', uri: 'git://x' })
    await tracker.registerVcResource(model, { hexsha: 'c1' }, { key: 'trainer' })
    assert.deepEqual(await tracker.getVcInfo(model), { hexsha: 'c0', uri: 'git://x' })
    assert.deepEqual(await tracker.getVcInfo(model, 'trainer'), { hexsha: 'c1' })
    assert.deepEqual(await tracker.getVcInfo(model, 'trainer_hexsha'), { hexsha: 'c1' })
    assert.deepEqual(await tracker.getVcInfo(model, 'scaler'), { hexsha: null })
  })
}

function defineTrainers(within: Within): void {
  within('load_model loads a model trainer with its transformer and config', async (place) => {
    const tracker = await place.open(boosting())
    const model = await tracker.createResource('churn', { type: 'model_version' })
    const experiment = await tracker.createResource('', { type: 'experiment', parent: model })
    await tracker.saveModelTrainer(experiment, 'Boosting', {
      trainer: { depth: 5, seen: 'rows' },
      transformer: { name: 'Scaler', transformer: { mean: 2.5 } },
    })
    await tracker.logTag(model, 'winning_experiment_id', experiment.id)
    await tracker.stop()
    const later = await place.open(boosting())
    const loaded = await later.loadModel({ fitted: 1 }, model, { like: 'this' }, { fast: true })
    assert.deepEqual(loaded, {
      depth: 5,
      seen: 'rows',
      model: { fitted: 1 },
      transformer: { mean: 2.5 },
      reference: { like: 'this' },
      pipelineConfig: { fast: true },
    })
  })

  within('load_model takes what a pipeline wrote on the model version first', async (place) => {
    const tracker = await place.open(boosting())
    const model = await tracker.createResource('churn')
    await rejects(tracker.loadModel({}, model, {}), 'NOT_FOUND')
    await tracker.logTag(model, 'winning_experiment_model_trainer', 'Boosting')
    await tracker.logTag(model, 'winning_experiment_feature_transformer', 'None')
    await tracker.logMetadata(model, 'winning_experiment_model_trainer_config', { depth: 7 })
    assert.deepEqual(await tracker.loadModel({}, model, null), {
      depth: 7,
      seen: null,
      model: {},
      transformer: null,
      reference: null,
      pipelineConfig: {},
    })
    await tracker.logTag(model, 'winning_experiment_model_trainer', 'Forest')
    await rejects(tracker.loadModel({}, model, {}), 'NOT_FOUND')
  })
}

type Booster = { readonly depth: number; readonly seen: string }
type Scaler = { readonly mean: number }

/** A trainer whose state is a file beside its config, and a transformer that is its config. */
function boosting(): ModelTrainers {
  return new ModelTrainers()
    .registerTrainer<unknown>('Boosting', {
      save(trainer: Booster, folder: string) {
        writeFileSync(join(folder, 'seen.txt'), trainer.seen)
        return { depth: trainer.depth }
      },
      load({ config, folder, ...rest }) {
        const seen = folder === null ? null : read(join(folder, 'seen.txt'))
        return { depth: config['depth'], seen, ...rest }
      },
    })
    .registerTransformer<unknown>('Scaler', {
      save: ({ mean }: Scaler) => ({ mean }),
      load: ({ config }) => ({ mean: config['mean'] }),
    })
}

/** Three versions of a resource by three programs, each finished, the oldest first. */
async function threeVersions(
  place: TrackerPlace,
  id: string,
): Promise<readonly [Resource, Resource, Resource]> {
  const one = async (): Promise<Resource> => {
    const tracker = await place.open()
    const resource = await tracker.createResource(id, { type: 'model_version' })
    await tracker.registerVcResource(resource, { hexsha: 'a1' })
    await tracker.stop()
    return resource
  }
  return [await one(), await one(), await one()]
}

async function statusesOf(place: TrackerPlace, resources: readonly Resource[]): Promise<string[]> {
  const runs: string[] = []
  for (const { run } of resources) runs.push((await place.look(run.id)).status)
  return runs
}

/** Writes a file of the test. */
function write(place: TrackerPlace, path: string, text: string): string {
  const absolute = join(place.folder, path)
  mkdirSync(dirname(absolute), { recursive: true })
  writeFileSync(absolute, text)
  return absolute
}

/** Of an artifact that was put into a folder of its own, which is removed. */
function text(path: string): string {
  const content = read(path)
  rmSync(dirname(path), { recursive: true })
  return content
}

function read(path: string): string {
  return readFileSync(path, 'utf8')
}

async function rejects(work: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(work, (error) => isMlstoreError(error) && error.code === code)
}
