// A listening socket that systemd opened for us (sd_listen_fds(3)): socket activation.

const FIRST_DESCRIPTOR = 3;

/** The descriptor of the first socket that was passed to process `pid`; undefined when none was. Takes the variables away, so that no child believes them. */
export function takePassedSocket(env: Record<string, string | undefined>, pid: number): { fd: number } | undefined {
  const { LISTEN_PID: owner, LISTEN_FDS: count } = env;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name];
  return owner === String(pid) && /^[1-9]\d*$/.test(count ?? '') ? { fd: FIRST_DESCRIPTOR } : undefined;
}
