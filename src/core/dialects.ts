// The ancestors whose clients the daemon can answer: what each is called, and which addresses are its own. How they are answered is
// api/dialects/.

export const DIALECTS = ['kiosk-orchestrator', 'browser-fleet', 'curated-desktops'] as const;

export type Dialect = (typeof DIALECTS)[number];

// Those of the third are under /api/, which is the API's anyhow.
const ADDRESSES: Readonly<Record<Dialect, RegExp | undefined>> = {
  'kiosk-orchestrator': /^\/(access|status|remove|remove-all|health)$/,
  'browser-fleet': /^\/(health|workers|sessions|sessions\/.+|vnc\/.+)$/,
  'curated-desktops': undefined,
};

/** Whether a path is one of these dialects'. */
export function isOfDialects(path: string, dialects: readonly Dialect[]): boolean {
  return dialects.some((dialect) => ADDRESSES[dialect]?.test(path) === true);
}

/** Whether its clients look at screens through an address that lets in whoever knows it. */
export function givesScreenAddresses(dialects: readonly Dialect[]): boolean {
  return dialects.includes('browser-fleet') || dialects.includes('curated-desktops');
}
