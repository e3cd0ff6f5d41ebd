// `vncctl daemon`: watches the desktops in the foreground, or looks once; and the commands that make it a service of systemd.
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { listenAddress } from '../core/setting-types.ts';
import { isVncctlError, VncctlError } from '../errors.ts';
import { SETTINGS } from '../settings.ts';
import type { CommandContext } from './context.ts';
import { defineInstall } from './daemon-install.ts';
import { actAsGroup, withExamples } from './help.ts';
import { reap } from './reap.ts';

interface DaemonFlags {
  once?: boolean;
  listen?: string;
  tlsCert?: string;
  tlsKey?: string;
  logFormat?: 'auto' | 'text' | 'json';
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      withExamples(
        'Watch the desktops in the foreground: announce, pause and remove those whose lease is over, and log what happens to each. Desktops in use stay, and all stay when it ends. SIGHUP reads the settings anew.',
        'vncctl daemon',
        'vncctl daemon --once                  one look, for cron; see: vncctl reap --help',
        'vncctl daemon --log-format json',
        'sudo vncctl daemon install            as a service of systemd',
      ),
    )
    .option('--once', 'look once and end')
    .option('--listen <address>', 'where it answers: links to desktops, /healthz, /readyz; like 127.0.0.1:8080, or off')
    .option('--tls-cert <file>', 'answer with TLS, by this certificate (PEM, with its chain); read again when it changes')
    .option('--tls-key <file>', 'the key of that certificate')
    .addOption(new Option('--log-format <format>', 'text, json, or auto for text that suits where it goes').choices(SETTINGS.logFormat.type.choices ?? []));
  defineInstall(command, context);
  actAsGroup(command, () => run(context, command.opts()));
}

async function run(context: CommandContext, flags: DaemonFlags): Promise<void> {
  if (flags.once) return reap(context, {});
  const listen = flags.listen === undefined ? undefined : listenAddress.read(flags.listen);
  if (flags.listen !== undefined && listen === undefined) throw new VncctlError('USAGE', `--listen: "${flags.listen}" is not ${listenAddress.form}`, { hint: 'see: vncctl daemon --help' });
  const app = context.app();
  try {
    await app.runDaemon({
      signal: context.signal,
      onReload(reload) {
        process.on('SIGHUP', reload);
        return () => process.off('SIGHUP', reload);
      },
      ...(listen === undefined ? {} : { listen }),
      ...(flags.tlsCert === undefined ? {} : { tlsCert: resolve(context.io.cwd, flags.tlsCert) }),
      ...(flags.tlsKey === undefined ? {} : { tlsKey: resolve(context.io.cwd, flags.tlsKey) }),
      ...(flags.logFormat === undefined ? {} : { logFormat: flags.logFormat }),
    });
  } catch (error) {
    // A service manager must not try again what a person has to mend.
    if (isVncctlError(error, 'BAD_SETTING')) throw new VncctlError('BAD_CONFIGURATION', error.message, { ...(error.hint === undefined ? {} : { hint: error.hint }), cause: error });
    throw error;
  }
}
