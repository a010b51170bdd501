/**
 * Successive saves of a model that is fine-tuned with seven tenths of its weights frozen.
 *
 * As safetensors (bfloat16): embeddings and the lower layers are frozen, the upper ones change in
 * every value; beside it lies the optimizer's state, two 32-bit moments for each trained weight,
 * all new in each save. As a PyTorch zip (32-bit floats): attention and gates are frozen in every
 * layer and the rest is trained, so that frozen and changed stretches take turns.
 */

import { join } from 'node:path'

import { type Corpus, type CorpusPlace, versionFolder } from '../corpus.ts'
import { type TensorPlan, writeSafetensors } from './safetensors.ts'
import { type ZipMember, writeStoredZip } from './stored-zip.ts'
import { bell, bfloat16Bytes, elementCount, float32Bytes, type Shape } from './weights.ts'

const saves = 4
const layers = 10
const initialDeviation = 0.02

type Parameter = { readonly name: string; readonly shape: Shape; readonly isFrozen: boolean }

export const safetensorsModel: Corpus = {
  name: 'safetensors',
  title: 'model.safetensors (bf16, lower 70 % frozen) and optimizer state, 4 saves',
  async make(place) {
    const parameters = parametersOf(hiddenSize(place, 320), (_, layer) => layer < 7)
    const trained = parameters.filter(({ isFrozen }) => !isFrozen)
    return eachSave(place, (folder, save) => {
      writeSafetensors(
        join(folder, 'model.safetensors'),
        parameters.map((parameter) => ({
          ...parameter,
          dtype: 'BF16',
          bytes: () => bfloat16Bytes(weights(parameter, save)),
        })),
      )
      writeSafetensors(
        join(folder, 'optimizer.safetensors'),
        trained.flatMap((parameter) => moments(parameter, save)),
      )
    })
  },
}

export const pytorchModel: Corpus = {
  name: 'pytorch-zip',
  title: 'model.pt (fp32, attention and gates frozen in every layer), 4 saves',
  async make(place) {
    const isFrozen = (name: string): boolean => !/down_proj|o_proj|norm/.test(name)
    const parameters = parametersOf(hiddenSize(place, 256), isFrozen)
    return eachSave(place, (folder, save) => {
      writeStoredZip(join(folder, 'model.pt'), pytorchMembers(parameters, save))
    })
  },
}

function eachSave(
  place: CorpusPlace,
  write: (folder: string, save: number) => void,
): { versions: string[] } {
  const versions: string[] = []
  for (let save = 1; save <= saves; save++) {
    const folder = versionFolder(place, save)
    write(folder, save)
    versions.push(folder)
  }
  return { versions }
}

/** Sizes of matrices grow with the square of the hidden size. */
function hiddenSize({ scale }: CorpusPlace, atFullScale: number): number {
  return 8 * Math.max(1, Math.round((atFullScale * Math.sqrt(scale)) / 8))
}

function parametersOf(
  hidden: number,
  isFrozen: (name: string, layer: number) => boolean,
): Parameter[] {
  const square = [hidden, hidden]
  const parts: [string, Shape][] = [
    ['input_layernorm', [hidden]],
    ['mlp.down_proj', [hidden, 4 * hidden]],
    ['mlp.gate_proj', [4 * hidden, hidden]],
    ['mlp.up_proj', [4 * hidden, hidden]],
    ['post_attention_layernorm', [hidden]],
    ['self_attn.k_proj', square],
    ['self_attn.o_proj', square],
    ['self_attn.q_proj', square],
    ['self_attn.v_proj', square],
  ]
  const parameter = (name: string, shape: Shape, layer: number): Parameter => ({
    name: `${name}.weight`,
    shape,
    isFrozen: isFrozen(name, layer),
  })
  return [
    parameter('model.embed_tokens', [16 * hidden, hidden], 0),
    ...Array.from({ length: layers }, (_, layer) =>
      parts.map(([name, shape]) => parameter(`model.layers.${layer}.${name}`, shape, layer)),
    ).flat(),
    parameter('model.norm', [hidden], layers),
  ]
}

/** The first save is the pretrained model; each later one has moved every trained weight. */
function weights({ name, shape, isFrozen }: Parameter, save: number): Float32Array {
  const count = elementCount(shape)
  const values = bell(name, count, initialDeviation)
  if (isFrozen || save === 1) return values
  const moves = bell(`${name} in save ${save}`, count, initialDeviation / 10)
  for (let i = 0; i < count; i++) values[i] = (values[i] ?? 0) + (moves[i] ?? 0)
  return values
}

function moments({ name, shape }: Parameter, save: number): TensorPlan[] {
  const first = (): Float32Array =>
    bell(`first moment of ${name} in save ${save}`, elementCount(shape), 1e-4)
  return [
    { name: `${name}.exp_avg`, shape, dtype: 'F32', bytes: () => float32Bytes(first()) },
    {
      name: `${name}.exp_avg_sq`,
      shape,
      dtype: 'F32',
      bytes: () => float32Bytes(first().map((value) => value * value + 1e-12)),
    },
  ]
}

function* pytorchMembers(parameters: readonly Parameter[], save: number): Generator<ZipMember> {
  const text = (value: string) => (): Buffer => Buffer.from(value)
  const index = parameters.map(
    ({ name, shape }, i) => `${name} FloatStorage ${i} (${shape.join()})`,
  )
  yield { name: 'archive/data.pkl', bytes: text(index.join('\n')) }
  yield { name: 'archive/byteorder', bytes: text('little') }
  for (const [i, parameter] of parameters.entries()) {
    yield { name: `archive/data/${i}`, bytes: () => float32Bytes(weights(parameter, save)) }
  }
  yield { name: 'archive/version', bytes: text('3\n') }
  yield { name: 'archive/.data/serialization_id', bytes: text(String(save).padStart(40, '0')) }
}
