/** What a run can be in. The words are MLflow's. */

export const runStatuses = ['SCHEDULED', 'RUNNING', 'FINISHED', 'FAILED', 'KILLED'] as const

export type RunStatus = (typeof runStatuses)[number]

export function isRunStatus(text: string): text is RunStatus {
  return runStatuses.some((status) => status === text)
}

/** Whether a run in this status is over. */
export function isEnded(status: RunStatus): boolean {
  return status === 'FINISHED' || status === 'FAILED' || status === 'KILLED'
}
