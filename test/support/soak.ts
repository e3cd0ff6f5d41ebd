// How long the loops of the hostile suite are: short in `npm test`, long in `npm run soak`.

/** Whether this run is a soak. */
export const soak = process.env['VNCCTL_TEST_SOAK'] === '1';

/** How many rounds a loop makes: `inTest` in `npm test`, `inSoak` in `npm run soak`. */
export function rounds(inTest: number, inSoak: number): number {
  return soak ? inSoak : inTest;
}
