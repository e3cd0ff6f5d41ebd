// Turns what dockerode and the socket throw into VncctlErrors. The one place that knows status codes and the engines' wording.
import { type ErrorCode, VncctlError } from '../../errors.ts';

interface EngineFault {
  statusCode?: number;
  code?: string;
  message?: string;
  json?: { message?: string };
}

/** HTTP status of a failed engine call; undefined for a fault of the connection. */
export function statusOf(error: unknown): number | undefined {
  return (error as EngineFault).statusCode;
}

/** What the engine said, without dockerode's "(HTTP code …)" dressing. */
export function wordsOf(error: unknown): string {
  const fault = error as EngineFault;
  const words = fault.json?.message ?? fault.message ?? String(error);
  return words.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim();
}

/** Whether the engine said that a container name is in use. Docker answers 409, Podman 500 with the words. */
export function isNameTaken(error: unknown): boolean {
  return /name .*(is )?already in use/i.test(wordsOf(error));
}

/** Whether a start failed because the published port is held by something else on the host. */
export function isPortTaken(error: unknown): boolean {
  return /port is already allocated|address already in use|failed to bind host port|ports are not available/i.test(wordsOf(error));
}

/** Whether a create or start failed because its network is not there. Docker says it at start with 404, Podman at create with 500. */
export function isNetworkMissing(error: unknown): boolean {
  return (statusOf(error) === 404 && /network/i.test(wordsOf(error))) || /unable to find network/i.test(wordsOf(error));
}

/** The expected failure for whatever a call threw; `doing` completes "could not …", `unreachableHint` fits how the endpoint was chosen. */
export function engineError(error: unknown, doing: string, endpoint: string, unreachableHint = 'start one with: vncctl engine start'): VncctlError {
  if (error instanceof VncctlError) return error;
  const fault = error as EngineFault;
  switch (fault.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'EPIPE':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new VncctlError('ENGINE_UNREACHABLE', `could not ${doing}: no container engine answers at ${endpoint} (${fault.code})`, {
        hint: `${unreachableHint}   (or see what is wrong: vncctl doctor)`,
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
      return new VncctlError('ENGINE_DENIED', `could not ${doing}: no permission to use the engine at ${endpoint}`, {
        hint: 'run as root, or join the group of the socket: sudo usermod -aG docker "$USER" (then log in again)',
        cause: error,
      });
    default:
      if (/container-init binary not found/i.test(wordsOf(error))) {
        return new VncctlError('ENGINE_FAILED', `could not ${doing}: the engine has no init program for containers (${wordsOf(error)})`, {
          hint: 'install the one Podman uses, on its host: sudo apt-get install catatonit',
          cause: error,
        });
      }
      return new VncctlError(codeOf(fault), `could not ${doing}: ${wordsOf(error)}`, { cause: error });
  }
}

function codeOf(fault: EngineFault): ErrorCode {
  if (isNameTaken(fault)) return 'NAME_TAKEN';
  if (isPortTaken(fault)) return 'NO_FREE_PORT';
  return 'ENGINE_FAILED';
}
