// The version of this build, and how it is asked for.

declare const VNCCTL_VERSION: string | undefined;

/** The version of this build; `0.0.0` when run from source. */
export const VERSION = typeof VNCCTL_VERSION === 'string' ? VNCCTL_VERSION : '0.0.0';

/** Whether a command line asks for nothing but the version. */
export function asksForVersion(argv: readonly string[]): boolean {
  return argv.length === 1 && ['--version', '-V', '-v'].includes(argv[0] ?? '');
}
