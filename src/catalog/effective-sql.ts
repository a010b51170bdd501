/**
 * SQL for what counts here: fragments that the tables of labels and aliases, and search, share.
 *
 * An own change counts at once, from before it is pushed; after that the default remote says what
 * holds (design section 5, "State"). Nothing of this is stored, so the default remote may change.
 * All fragments take its key as `@remote`; key 0 stands for none (default-remote.ts).
 */

/**
 * How strong a claim is: 1 in effect on the default remote, 2 own and unpushed, 3 in effect on some
 * other remote, NULL not at all.
 */
export function claimRank(claim: string): string {
  return `CASE (SELECT state FROM event_on_remote WHERE event = ${claim}.event AND remote = @remote)
    WHEN 1 THEN 1 WHEN 0 THEN NULL WHEN 2 THEN NULL
    ELSE CASE
      WHEN EXISTS (SELECT 1 FROM pending WHERE remote = @remote AND event = ${claim}.event) THEN 2
      WHEN EXISTS (SELECT 1 FROM event_on_remote WHERE event = ${claim}.event AND state = 1) THEN 3
    END
  END`
}

/** An own, unpushed claim gives the version another label. (CROSS: looked up in this order.) */
function isRenamed(claim: string): string {
  return `EXISTS (
    SELECT 1 FROM label_claim AS newer
    CROSS JOIN pending ON pending.remote = @remote AND pending.event = newer.event
    WHERE newer.over = ${claim}.event
  )`
}

/**
 * Claims that are not renamed, with their `rank`.
 *
 * @param where A condition on the columns of `claim`.
 */
export function rankedClaims(where: string): string {
  return `
    SELECT claim.*, ${claimRank('claim')} AS rank FROM label_claim AS claim
    WHERE ${where} AND NOT ${isRenamed('claim')}`
}

/**
 * Labels that hold: (event, artifact, label, version, generated).
 *
 * A given label has one owner, the strongest claim; generated ones hold side by side.
 *
 * @param where A condition on the columns of `claim`, such as `claim.version = ?`.
 */
export function effectiveLabels(where: string): string {
  const rivals = rankedClaims(`claim.artifact = mine.artifact AND claim.label = mine.label
    AND claim.generated = 0 AND claim.version <> mine.version`)
  return `
    SELECT mine.event, mine.artifact, mine.label, mine.version, mine.generated
    FROM (${rankedClaims(where)}) AS mine
    WHERE mine.rank IS NOT NULL AND (mine.generated = 1 OR NOT EXISTS (
      SELECT 1 FROM (${rivals}) AS rival WHERE (rival.rank, rival.event) < (mine.rank, mine.event)
    ))`
}

/**
 * Where aliases are: (artifact, alias, event, target); a removed one has the target NULL.
 *
 * @param where A condition on the columns of `move`, such as `move.artifact = ?1`; it is used
 * twice, so parameters are numbered or named.
 */
export function effectiveAliases(where: string): string {
  const pendingOfSame = `
    SELECT 1 FROM alias_pending AS later
    WHERE later.remote = @remote AND later.artifact = move.artifact AND later.alias = move.alias`
  return `
    SELECT move.artifact, move.alias, move.event, move.target FROM alias_pending AS move
    WHERE move.remote = @remote AND ${where}
      AND NOT EXISTS (${pendingOfSame} AND later.event > move.event)
    UNION ALL
    SELECT move.artifact, move.alias, move.event, move.target FROM alias_head AS move
    WHERE move.remote = @remote AND ${where} AND NOT EXISTS (${pendingOfSame})`
}
