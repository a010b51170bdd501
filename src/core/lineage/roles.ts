/** Roles that mlstore itself gives: what a version is to a run, or to a version made from it. */

/** Nobody said as what it was used. */
export const inputRole = 'input'

/** A run read it, and nobody said as what. */
export const readRole = 'data'

/** Nobody said as what it was made. */
export const outputRole = 'output'

/** A check or a profile says something about this version; nothing was made from it. */
export const aboutRole = 'about'
