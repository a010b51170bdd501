/**
 * MemoryView: a remote's state in maps, made by replaying its log.
 *
 * For tests, models and small tools, and as an overlay: a view may stand on another one, take
 * events on trial, and leave the one below untouched. Rebasing works so.
 */

import type { JsonObject } from '../canonical-json.ts'
import type { Digest } from '../digest.ts'
import type { LoggedEvent } from '../events/bulk-event.ts'
import type { Event, KnownEvent, LabelClaim, RunEvent, RunEventOf } from '../events/event.ts'
import type { EntryContent, RemotePack, VersionLocation } from './entry.ts'
import type {
  ActiveClaim,
  AliasHead,
  LabelOwner,
  NumberOwner,
  PackState,
  RemoteView,
} from './remote-view.ts'
import { judge, type Verdict } from './replay.ts'

export class MemoryView implements RemoteView {
  readonly #below: RemoteView | undefined
  readonly #events = new Set<string>()
  /** Artifacts of versions whose record was seen; bytes may be missing. */
  readonly #records = new Map<Digest, string>()
  readonly #locations = new Map<Digest, VersionLocation>()
  readonly #artifacts = new Set<string>()
  readonly #heads = new Map<string, AliasHead>()
  /** By label; `null`: free again. */
  readonly #owners = new Map<string, LabelOwner | null>()
  /** By id of the claim; `null`: renamed. */
  readonly #claims = new Map<string, ActiveClaim | null>()
  readonly #removals = new Map<Digest, readonly string[]>()
  readonly #restored = new Set<string>()
  readonly #tags = new Map<string, { readonly value: string | null; readonly order: string }>()
  readonly #packs = new Map<string, PackState>()
  readonly #runs = new Set<string>()
  readonly #experiments = new Set<string>()
  /** By series and number. */
  readonly #numbers = new Map<string, NumberOwner>()
  /** By series: the highest number given. */
  readonly #lastNumbers = new Map<string, number>()

  /** @param below What is known already; left as it is. */
  constructor(below?: RemoteView) {
    this.#below = below
  }

  /** Replays an entry; one verdict an event. */
  applyEntry(entry: EntryContent): Verdict[] {
    for (const pack of entry.packs) this.addPack(pack)
    for (const location of entry.versions) this.addLocation(location)
    return entry.events.map((event) => this.applyEvent(event))
  }

  /** Ids are never used again, so a pack that was swept stays swept. */
  addPack(pack: Pick<RemotePack, 'id'>): void {
    if (this.packState(pack.id) === undefined) this.#packs.set(pack.id, 'live')
  }

  addLocation(location: VersionLocation): void {
    this.#locations.set(location.version, location)
    this.#noteArtifact(location.version)
  }

  /** A bulk event is data that nothing here depends on, so its body is not needed. */
  applyEvent(event: LoggedEvent): Verdict {
    const verdict = judge(event, this)
    this.#events.add(event.id)
    if (verdict.applied && event.type !== 'unknown' && event.type !== 'bulk') this.#take(event)
    return verdict
  }

  hasEvent(id: string): boolean {
    return this.#events.has(id) || (this.#below?.hasEvent(id) ?? false)
  }

  hasArtifact(artifact: string): boolean {
    return this.#artifacts.has(artifact) || (this.#below?.hasArtifact(artifact) ?? false)
  }

  artifactOf(version: Digest): string | undefined {
    const known = this.#below?.artifactOf(version)
    if (known !== undefined) return known
    return this.#locations.has(version) ? this.#records.get(version) : undefined
  }

  aliasHead(artifact: string, alias: string): AliasHead | undefined {
    const head = this.#heads.get(keyOf(artifact, alias))
    return head ?? this.#below?.aliasHead(artifact, alias)
  }

  labelOwner(artifact: string, label: string): LabelOwner | undefined {
    const owner = this.#owners.get(keyOf(artifact, label))
    return owner === undefined ? this.#below?.labelOwner(artifact, label) : (owner ?? undefined)
  }

  activeClaim(id: string): ActiveClaim | undefined {
    const claim = this.#claims.get(id)
    return claim === undefined ? this.#below?.activeClaim(id) : (claim ?? undefined)
  }

  removals(version: Digest): readonly string[] {
    const all = [...(this.#below?.removals(version) ?? []), ...(this.#removals.get(version) ?? [])]
    return all.filter((removal) => !this.isRestored(version, removal))
  }

  isRestored(version: Digest, removal: string): boolean {
    const isOwn = this.#restored.has(keyOf(version, removal))
    return isOwn || (this.#below?.isRestored(version, removal) ?? false)
  }

  hasRun(run: string): boolean {
    return this.#runs.has(run) || (this.#below?.hasRun(run) ?? false)
  }

  hasExperiment(experiment: string): boolean {
    return this.#experiments.has(experiment) || (this.#below?.hasExperiment(experiment) ?? false)
  }

  numberOwner(series: string, number: number): NumberOwner | undefined {
    const below = this.#below?.numberOwner(series, number)
    return below ?? this.#numbers.get(keyOf(series, String(number)))
  }

  lastNumber(series: string): number {
    return Math.max(this.#below?.lastNumber(series) ?? 0, this.#lastNumbers.get(series) ?? 0)
  }

  packState(pack: string): PackState | undefined {
    return this.#packs.get(pack) ?? this.#below?.packState(pack)
  }

  /** Where a version is; of the entries replayed here. */
  locationOf(version: Digest): VersionLocation | undefined {
    return this.#locations.get(version)
  }

  /** Ids of the packs in a state, sorted; of the entries replayed here. */
  packs(state: PackState): string[] {
    return [...this.#packs].flatMap(([id, its]) => (its === state ? id : [])).sort()
  }

  /** Everything replayed here as JSON, so that two views can be compared. */
  snapshot(): JsonObject {
    return {
      aliases: toObject(this.#heads, ({ event, to }) => [event, to]),
      artifacts: [...this.#artifacts].sort(),
      claims: toObject(
        this.#claims,
        (claim) => claim && [claim.artifact, claim.label, claim.version],
      ),
      events: [...this.#events].sort(),
      experiments: [...this.#experiments].sort(),
      labels: toObject(this.#owners, (owner) => owner && [owner.event, owner.version]),
      locations: toObject(this.#locations, ({ root, uses }) => [root.packId, root.offset, ...uses]),
      numbers: toObject(this.#numbers, ({ event, subject }) => [event, subject]),
      packs: toObject(this.#packs, (state) => state),
      records: toObject(this.#records, (artifact) => artifact),
      removals: toObject(this.#removals, (ids) => [...ids].sort()),
      restored: [...this.#restored].sort(),
      runs: [...this.#runs].sort(),
      tags: toObject(this.#tags, ({ value }) => value),
    }
  }

  #take(event: KnownEvent): void {
    switch (event.type) {
      case 'version.add':
        this.#records.set(event.version, event.record.artifact)
        return this.#noteArtifact(event.version)
      case 'label.claim':
        return this.#takeClaim(event)
      case 'alias.move':
        this.#heads.set(keyOf(event.artifact, event.alias), { event: event.id, to: event.to })
        return
      case 'tag.set':
        return this.#takeTag(keyOf(event.target, event.key), event.value, orderOf(event))
      case 'version.remove':
        this.#removals.set(event.version, [...(this.#removals.get(event.version) ?? []), event.id])
        return
      case 'version.restore':
        this.#restored.add(keyOf(event.version, event.over))
        return
      case 'gc.sweep':
        for (const pack of event.packs) this.#packs.set(pack, 'swept')
        return
      default:
        this.#takeRunEvent(event)
    }
  }

  #takeRunEvent(event: RunEvent): void {
    switch (event.type) {
      case 'run.start':
        this.#runs.add(event.run)
        return
      case 'experiment.create':
        this.#experiments.add(event.experiment)
        return
      case 'number.claim':
        return this.#takeNumber(event)
      default:
    }
  }

  /** A further claim by the same subject changes nothing about whose the number is. */
  #takeNumber({ series, number, subject, id }: RunEventOf<'number.claim'>): void {
    if (this.numberOwner(series, number) !== undefined) return
    this.#numbers.set(keyOf(series, String(number)), { event: id, subject })
    if (number > this.lastNumber(series)) this.#lastNumbers.set(series, number)
  }

  /** A claim of a label that its version owns already takes the older claim's place. */
  #takeClaim(claim: LabelClaim): void {
    const { artifact, label, version } = claim
    if (claim.over !== undefined) this.#release(claim.over, version)
    if (!claim.generated) {
      const owner = this.labelOwner(artifact, label)
      if (owner !== undefined) this.#claims.set(owner.event, null)
      this.#owners.set(keyOf(artifact, label), { event: claim.id, version })
    }
    this.#claims.set(claim.id, { artifact, label, version })
  }

  /** Frees the label of an older claim of the same version. */
  #release(over: string, version: Digest): void {
    const claim = this.activeClaim(over)
    if (claim?.version !== version) return
    this.#claims.set(over, null)
    const owner = this.labelOwner(claim.artifact, claim.label)
    if (owner?.event === over) this.#owners.set(keyOf(claim.artifact, claim.label), null)
  }

  #takeTag(key: string, value: string | null, order: string): void {
    const last = this.#tags.get(key)
    if (last === undefined || last.order < order) this.#tags.set(key, { value, order })
  }

  #noteArtifact(version: Digest): void {
    const artifact = this.artifactOf(version)
    if (artifact !== undefined) this.#artifacts.add(artifact)
  }
}

/** Names hold no control characters. */
function keyOf(first: string, second: string): string {
  return `${first}\n${second}`
}

/** Text that sorts as `compareEvents` does. */
function orderOf({ lamport, id }: Event): string {
  return `${String(lamport).padStart(16, '0')} ${id}`
}

function toObject<Value>(
  map: ReadonlyMap<string, Value>,
  toJson: (value: Value) => JsonObject[string],
): JsonObject {
  return Object.fromEntries([...map].map(([key, value]) => [key, toJson(value)]))
}
