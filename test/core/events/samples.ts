/** Small, valid events and entries for tests: every id and time is made from a number. */

import { digestOf, type Digest } from '../../../src/core/digest.ts'
import type { LoggedEvent } from '../../../src/core/events/bulk-event.ts'
import type {
  AliasMove,
  EventStamp,
  LabelClaim,
  TagSet,
  VersionAdd,
  VersionRemove,
  VersionRestore,
} from '../../../src/core/events/event.ts'
import { newEvent } from '../../../src/core/events/new-event.ts'
import type { LogEntry, RemotePack, VersionLocation } from '../../../src/core/log/entry.ts'
import { parseAliasName, parseArtifactName, parseLabel } from '../../../src/core/names.ts'
import { encodeVersionRecord, type VersionRecord } from '../../../src/core/version-record.ts'

export const at = '2026-11-21T04:44:50.123Z'

/** 32 hex characters that look random and name their seed. */
export function idOf(seed: string | number): string {
  return digestOf(Buffer.from(`id ${seed}`)).slice(0, 32)
}

export function digestFor(seed: string | number): Digest {
  return digestOf(Buffer.from(String(seed)))
}

/** Stamps with counting ids and counters; each writer its own ids. */
export class Stamps {
  readonly #writer: string
  #count = 0
  lamport = 0

  constructor(writer = 'anna') {
    this.#writer = writer
  }

  next(): EventStamp {
    this.#count += 1
    this.lamport += 1
    return {
      id: idOf(`${this.#writer} ${this.#count}`),
      lamport: this.lamport,
      at,
      by: this.#writer,
    }
  }
}

export function recordOf(
  artifact: string,
  seed: string | number,
  more: Partial<VersionRecord> = {},
): VersionRecord {
  return {
    artifact: parseArtifactName(artifact),
    by: 'anna',
    createdAt: at,
    files: 1,
    root: digestFor(`root ${seed}`),
    shape: 'tree',
    size: 10,
    ...more,
  }
}

/** Makes events of one writer. */
export class Writer {
  readonly stamps: Stamps

  constructor(name = 'anna') {
    this.stamps = new Stamps(name)
  }

  add(record: VersionRecord): VersionAdd {
    const version = encodeVersionRecord(record).id
    return newEvent({ type: 'version.add', version, record }, this.stamps.next())
  }

  claim(
    added: VersionAdd,
    label: string,
    more: { over?: string; generated?: boolean } = {},
  ): LabelClaim {
    return newEvent(
      {
        type: 'label.claim',
        artifact: added.record.artifact,
        label: parseLabel(label),
        version: added.version,
        generated: more.generated ?? false,
        ...(more.over === undefined ? {} : { over: more.over }),
      },
      this.stamps.next(),
    )
  }

  move(added: VersionAdd, alias: string, over: readonly (AliasMove | string)[] = []): AliasMove {
    return this.moveTo(added.record.artifact, alias, added.version, over)
  }

  moveTo(
    artifact: string,
    alias: string,
    to: Digest | null,
    over: readonly (AliasMove | string)[] = [],
  ): AliasMove {
    return newEvent(
      {
        type: 'alias.move',
        artifact: parseArtifactName(artifact),
        alias: parseAliasName(alias),
        to,
        over: over.map((move) => (typeof move === 'string' ? move : move.id)),
      },
      this.stamps.next(),
    )
  }

  tag(target: string, key: string, value: string | null): TagSet {
    return newEvent({ type: 'tag.set', target, key, value }, this.stamps.next())
  }

  remove(version: Digest): VersionRemove {
    return newEvent({ type: 'version.remove', version, reason: 'wrong data' }, this.stamps.next())
  }

  restore(version: Digest, over: string): VersionRestore {
    return newEvent({ type: 'version.restore', version, over }, this.stamps.next())
  }
}

export function packOf(seed: string | number): RemotePack {
  return { id: idOf(`pack ${seed}`), kind: 'data', sizeBytes: 1000 }
}

export function locationOf(version: Digest, ...packs: readonly RemotePack[]): VersionLocation {
  const [first = packOf('root')] = packs
  return {
    version,
    root: {
      packId: first.id,
      offset: 8,
      storedBytes: 100,
      locatorBytes: 20,
      form: 1,
      isCompressed: true,
      isLocatorCompressed: false,
    },
    uses: [first, ...packs.slice(1)].map(({ id }) => id),
  }
}

export const repoId: string = idOf('repository')
export const formatHash: Digest = digestFor('format.json')

export function entryOf(
  fields: Partial<LogEntry> & { readonly events: readonly LoggedEvent[] },
): LogEntry {
  return {
    at,
    client: idOf('store'),
    commitId: idOf(`commit ${fields.seq ?? 1} ${fields.events.map((event) => event.id).join()}`),
    packs: [],
    prev: formatHash,
    repoId,
    requires: [],
    seq: 1,
    tool: 'mlstore/0.1.0',
    versions: [],
    ...fields,
  }
}
