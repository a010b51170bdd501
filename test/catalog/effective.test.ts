/** What counts here: own changes at once, then what the default remote says. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { firstWindow } from '../../src/catalog/outgoing-events.ts'
import { parseAliasName, parseArtifactName } from '../../src/core/names.ts'
import type { Event, VersionAdd } from '../../src/core/events/event.ts'
import { idOf, locationOf, packOf, recordOf, Writer } from '../core/events/samples.ts'
import { Journaled, LogOfRemote } from './journaled.ts'

const artifact = parseArtifactName('model/resnet')
const prod = parseAliasName('prod')

/** A store that knows two remotes, each with versions `a` and `b`; `main` is the default. */
class Scene {
  readonly anna: Writer = new Writer('anna')
  readonly ben: Writer = new Writer('ben')
  readonly main: LogOfRemote = new LogOfRemote(idOf('main'))
  readonly other: LogOfRemote = new LogOfRemote(idOf('other'))
  readonly store: Journaled = new Journaled()
  readonly a: VersionAdd
  readonly b: VersionAdd

  constructor() {
    this.a = this.ben.add(recordOf(artifact, 'a'))
    this.b = this.ben.add(recordOf(artifact, 'b'))
    const versions = [this.a, this.b].map(({ version }) => locationOf(version, packOf(1)))
    for (const [i, remote] of [this.main, this.other].entries()) {
      remote.commit({ events: [this.a, this.b], packs: [packOf(1)], versions })
      this.store.meet(remote, `remote ${i}`)
      this.store.fetch(remote)
    }
    this.store.catalog.defaultRemote = this.main.repoId
  }

  commit(remote: LogOfRemote, ...events: readonly Event[]): void {
    remote.commit({ events })
    this.store.fetch(remote)
  }

  /** Where `prod` is: `a`, `b`, `removed` or `nowhere`. */
  get prod(): string {
    const head = this.store.catalog.aliases.head(artifact, prod)
    if (head === undefined) return 'nowhere'
    if (head.to === null) return 'removed'
    return head.to === this.a.version ? 'a' : 'b'
  }

  labels(label: string): string[] {
    const found = this.store.catalog.labels.versions(artifact, label)
    return found.map((version) => (version === this.a.version ? 'a' : 'b'))
  }

  labelOf(added: VersionAdd): string | undefined {
    const label = this.store.catalog.labels.of(added.version)
    assert.equal(this.store.catalog.labels.ofVersions([added.version]).get(added.version), label)
    return label
  }
}

test('an own move counts at once, and is the head until the remote says otherwise', () => {
  const scene = new Scene()
  assert.equal(scene.prod, 'nowhere')
  const first = scene.anna.move(scene.a, prod)
  scene.store.make(first)
  assert.equal(scene.prod, 'a')
  scene.commit(scene.main, first)
  assert.equal(scene.prod, 'a')
  scene.commit(scene.main, scene.ben.move(scene.b, prod, [first]))
  assert.equal(scene.prod, 'b')
})

test('an own move that waits counts more than the head of the default remote', () => {
  const scene = new Scene()
  scene.store.make(scene.anna.move(scene.a, prod))
  scene.commit(scene.main, scene.ben.move(scene.b, prod))
  assert.equal(scene.prod, 'a')
  scene.store.make(scene.anna.moveTo(artifact, prod, null))
  assert.equal(scene.prod, 'removed')
  assert.deepEqual(scene.store.catalog.aliases.list(artifact), [])
})

test('giving own moves up brings the value of the remote back', () => {
  const scene = new Scene()
  scene.commit(scene.main, scene.ben.move(scene.b, prod))
  const moves = [scene.anna.move(scene.a, prod), scene.anna.moveTo(artifact, prod, null)]
  scene.store.make(...moves)
  const { aliases, events } = scene.store.catalog
  assert.deepEqual(
    aliases.pendingMoves(artifact, prod),
    moves.map(({ id }) => id),
  )
  scene.store.append({
    kind: 'alias.reset',
    artifact,
    alias: prod,
    dropped: aliases.pendingMoves(artifact, prod),
  })
  assert.equal(scene.prod, 'b')
  assert.deepEqual(aliases.pendingMoves(artifact, prod), [])
  for (const remote of [scene.main, scene.other])
    assert.deepEqual(events.unpushed(remote.repoId), [])
  assert.deepEqual(events.unpushed(undefined), [])
})

test('which remote is the default may change at any time', () => {
  const scene = new Scene()
  scene.commit(scene.main, scene.ben.move(scene.a, prod), scene.ben.claim(scene.a, 'best'))
  scene.commit(scene.other, scene.ben.move(scene.b, prod), scene.ben.claim(scene.b, 'best'))
  const { catalog } = scene.store
  assert.deepEqual([scene.prod, scene.labels('best')], ['a', ['a']])
  catalog.defaultRemote = scene.other.repoId
  assert.deepEqual([scene.prod, scene.labels('best')], ['b', ['b']])
  catalog.defaultRemote = undefined
  assert.equal(scene.prod, 'nowhere')
  catalog.defaultRemote = idOf('never seen')
  assert.equal(scene.prod, 'nowhere')
})

test('a move pushed to another remote still waits for the default one', () => {
  const scene = new Scene()
  const move = scene.anna.move(scene.a, prod)
  scene.store.make(move)
  scene.commit(scene.other, move)
  scene.commit(scene.main, scene.ben.move(scene.b, prod))
  assert.equal(scene.prod, 'a')
  const { events } = scene.store.catalog
  assert.deepEqual(events.unpushed(scene.other.repoId), [])
  assert.deepEqual(events.unpushed(scene.main.repoId), [move])
})

test('a remote seen late lacks everything that is own, and nothing that was given up', () => {
  const scene = new Scene()
  const [kept, dropped] = [scene.anna.move(scene.a, 'stage'), scene.anna.move(scene.a, prod)]
  scene.store.make(kept, dropped)
  scene.store.append({ kind: 'alias.reset', artifact, alias: prod, dropped: [dropped.id] })
  const late = new LogOfRemote(idOf('late'))
  scene.store.meet(late, 'late')
  assert.deepEqual(scene.store.catalog.events.unpushed(late.repoId), [kept])
  scene.store.catalog.defaultRemote = late.repoId
  assert.equal(scene.prod, 'nowhere')
  assert.equal(scene.store.catalog.aliases.head(artifact, 'stage')?.to, scene.a.version)
})

test('a new move is over the newest own move and the heads everywhere', () => {
  const scene = new Scene()
  const heads = [scene.ben.move(scene.a, prod), scene.ben.move(scene.b, prod)]
  scene.commit(scene.main, ...heads.slice(0, 1))
  scene.commit(scene.other, ...heads.slice(1))
  const { aliases } = scene.store.catalog
  assert.deepEqual(
    new Set(aliases.overForNewMove(artifact, prod)),
    new Set(heads.map(({ id }) => id)),
  )
  assert.deepEqual(aliases.pendingOver(artifact, prod), [])
  const own = scene.anna.move(scene.a, prod, aliases.overForNewMove(artifact, prod))
  scene.store.make(own)
  assert.equal(aliases.overForNewMove(artifact, prod)[0], own.id)
  assert.deepEqual(aliases.pendingOver(artifact, prod), own.over)
})

test('an alias has the history of the moves that counted, with who, when and from where', () => {
  const scene = new Scene()
  const first = scene.ben.move(scene.a, prod)
  const lost = scene.anna.move(scene.b, prod)
  const second = scene.ben.move(scene.b, prod, [first])
  const own = scene.anna.moveTo(artifact, prod, null, [second])
  scene.commit(scene.main, first, lost, second)
  scene.store.make(own)
  const history = scene.store.catalog.aliases.history(artifact, prod)
  assert.deepEqual(
    history.map(({ event, by, from, to, pending }) => [event, by, from, to, pending]),
    [
      [own.id, 'anna', scene.b.version, null, true],
      [second.id, 'ben', scene.a.version, scene.b.version, false],
      [first.id, 'ben', null, scene.a.version, false],
    ],
  )
})

test('lists the aliases of many versions at once', () => {
  const scene = new Scene()
  scene.commit(scene.main, scene.ben.move(scene.a, prod), scene.ben.move(scene.b, 'old'))
  scene.store.make(scene.anna.move(scene.a, 'mine'), scene.anna.move(scene.a, 'old'))
  const { aliases } = scene.store.catalog
  const { a, b } = scene
  assert.deepEqual(
    aliases.ofVersions([a.version, b.version]),
    new Map([[a.version, ['mine', 'old', 'prod']]]),
  )
  assert.deepEqual(
    aliases.list().map(({ alias }) => alias),
    ['mine', 'old', 'prod'],
  )
})

test('a label of the default remote counts more than an own claim of it', () => {
  const scene = new Scene()
  scene.store.make(scene.anna.claim(scene.a, 'best'))
  assert.deepEqual(scene.labels('best'), ['a'])
  scene.commit(scene.main, scene.ben.claim(scene.b, 'best'))
  assert.deepEqual(scene.labels('best'), ['b'])
  assert.equal(scene.labelOf(scene.a), undefined)
  assert.equal(scene.labelOf(scene.b), 'best')
})

test('the claim to rename is also found when it lost', () => {
  const scene = new Scene()
  const claim = scene.anna.claim(scene.a, 'best')
  scene.store.make(claim)
  scene.commit(scene.main, scene.ben.claim(scene.b, 'best'))
  const { labels } = scene.store.catalog
  assert.deepEqual(labels.claimOf(scene.a.version), { event: claim.id, label: 'best' })
  const renamed = scene.anna.claim(scene.a, 'better', { over: claim.id })
  scene.store.make(renamed)
  assert.deepEqual(labels.claimOf(scene.a.version), { event: renamed.id, label: 'better' })
  assert.equal(scene.labelOf(scene.a), 'better')
})

test('a rename frees the old label at once, and for good when it is pushed', () => {
  const scene = new Scene()
  const claim = scene.ben.claim(scene.a, 'best')
  scene.commit(scene.main, claim)
  const renamed = scene.anna.claim(scene.a, 'better', { over: claim.id })
  scene.store.make(renamed)
  assert.deepEqual([scene.labels('best'), scene.labels('better')], [[], ['a']])
  scene.commit(scene.main, renamed)
  assert.deepEqual([scene.labels('best'), scene.labels('better')], [[], ['a']])
  scene.store.make(scene.anna.claim(scene.b, 'best'))
  assert.deepEqual(scene.labels('best'), ['b'])
})

test('generated labels of the same second name all their versions', () => {
  const scene = new Scene()
  const label = '2026-11-21-04-44-50'
  scene.store.make(scene.anna.claim(scene.a, label, { generated: true }))
  scene.commit(scene.main, scene.ben.claim(scene.b, label, { generated: true }))
  assert.deepEqual(scene.labels(label).sort(), ['a', 'b'])
  assert.equal(scene.labelOf(scene.a), label)
})

test('a label known from another remote counts where nobody else claims it', () => {
  const scene = new Scene()
  scene.commit(scene.other, scene.ben.claim(scene.b, 'best'))
  assert.deepEqual(scene.labels('best'), ['b'])
  scene.commit(scene.main, scene.ben.claim(scene.a, 'best'))
  assert.deepEqual(scene.labels('best'), ['a'])
})

test('of tags the highest counter counts, from wherever it comes, and all are kept', () => {
  const scene = new Scene()
  const target = `version:${scene.a.version}`
  const late = new Writer('late')
  late.stamps.lamport = 100
  const high = late.tag(target, 'stage', 'prod')
  const low = scene.anna.tag(target, 'stage', 'test')
  scene.commit(scene.other, high)
  scene.store.make(low)
  const { tags } = scene.store.catalog
  assert.deepEqual(
    tags.of({ kind: 'version', version: scene.a.version }),
    new Map([['stage', 'prod']]),
  )
  assert.deepEqual(
    tags
      .history({ kind: 'version', version: scene.a.version }, 'stage')
      .map(({ event, value }) => [event, value]),
    [
      [high.id, 'prod'],
      [low.id, 'test'],
    ],
  )
  scene.store.make(
    late.tag(target, 'stage', null),
    late.tag(`artifact:${artifact}`, '__proto__', 'x'),
  )
  assert.deepEqual(tags.ofVersions([scene.a.version]), new Map())
  assert.deepEqual(tags.of({ kind: 'artifact', artifact }), new Map([['__proto__', 'x']]))
})

test('finds what a remote lacks about a version, wherever it came from', () => {
  const scene = new Scene()
  const { a, b, anna, ben } = scene
  const target = new LogOfRemote(idOf('target'))
  scene.store.meet(target, 'target')
  const first = ben.move(b, prod)
  const about = [
    ben.claim(a, 'best'),
    first,
    ben.move(a, prod, [first]),
    ben.tag(`version:${a.version}`, 'k', 'v'),
  ]
  scene.commit(
    scene.main,
    ...about,
    ben.claim(b, 'other'),
    ben.tag(`version:${b.version}`, 'k', 'v'),
  )
  const lost = ben.claim(a, 'other')
  scene.commit(scene.main, lost)
  const own = anna.tag(`artifact:${artifact}`, 'k', 'v')
  const dropped = anna.move(a, 'stage')
  scene.store.make(own, dropped)
  scene.store.append({
    kind: 'alias.reset',
    artifact,
    alias: parseAliasName('stage'),
    dropped: [dropped.id],
  })
  const { outgoing } = scene.store.catalog
  const nothing = { runs: new Set<string>(), experiments: new Set<string>() }
  const named = { ...nothing, versions: new Set([a.version]), artifacts: new Set([artifact]) }
  const lacking = outgoing.about(target.repoId, named, firstWindow)
  assert.deepEqual(lacking, { events: [a, ...about, own], next: undefined })
  const onlyVersion = { ...named, artifacts: new Set<string>() }
  assert.deepEqual(outgoing.about(scene.main.repoId, onlyVersion, firstWindow).events, [])
})
