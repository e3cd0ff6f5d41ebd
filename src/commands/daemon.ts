// `vncctl daemon`: the commands that make it a service of systemd.
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { defineInstall } from './daemon-install.ts';

export function define(command: Command, context: CommandContext): void {
  command.description('Watch the desktops: warn, pause and remove idle ones.');
  defineInstall(command, context);
}
