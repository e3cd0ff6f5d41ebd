// Every verb that can be typed, with what help shows of it. The verb's own file is loaded only when it is used.
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';

/** What a verb's file exports: adds arguments, options, examples and the action to its command. */
export interface VerbModule {
  define(command: Command, context: CommandContext): void;
}

export interface Verb {
  name: string;
  aliases: readonly string[];
  /** Arguments as help shows them. */
  usage: string;
  summary: string;
  group: 'Desktops:' | 'Installation:' | 'Help:';
  load(): Promise<VerbModule>;
}

export const VERBS: readonly Verb[] = [
  { name: 'up', aliases: [], usage: '<client>', summary: "create a client's desktop, or find it again", group: 'Desktops:', load: () => import('./up.ts') },
  { name: 'ls', aliases: ['list', 'ps'], usage: '', summary: 'list the desktops', group: 'Desktops:', load: () => import('./ls.ts') },
  { name: 'open', aliases: ['attach'], usage: '<client>', summary: 'open a desktop in the browser', group: 'Desktops:', load: () => import('./open.ts') },
  { name: 'share', aliases: [], usage: '<client> | <command>', summary: 'give a link to a desktop that ends by itself', group: 'Desktops:', load: () => import('./share.ts') },
  { name: 'dashboard', aliases: [], usage: '[command]', summary: 'open the page that shows all desktops', group: 'Desktops:', load: () => import('./dashboard.ts') },
  { name: 'viewers', aliases: [], usage: '[client]', summary: 'list who looks at the desktops', group: 'Desktops:', load: () => import('./viewers.ts') },
  { name: 'kick', aliases: [], usage: '<client> [viewer...]', summary: 'end the view of somebody who looks at a desktop', group: 'Desktops:', load: () => import('./kick.ts') },
  { name: 'touch', aliases: [], usage: '<client>', summary: 'keep a desktop: it counts as used now', group: 'Desktops:', load: () => import('./touch.ts') },
  { name: 'pause', aliases: [], usage: '<client...>', summary: 'freeze desktops: they cost no processor until they wake', group: 'Desktops:', load: () => import('./pause.ts') },
  { name: 'wake', aliases: ['unpause'], usage: '<client...>', summary: 'have paused desktops run on', group: 'Desktops:', load: () => import('./wake.ts') },
  { name: 'restart', aliases: [], usage: '<client>', summary: 'end a desktop and start it again', group: 'Desktops:', load: () => import('./restart.ts') },
  { name: 'inspect', aliases: [], usage: '<client>', summary: 'show everything about a desktop', group: 'Desktops:', load: () => import('./inspect.ts') },
  { name: 'why', aliases: [], usage: '<client>', summary: 'show when a desktop goes, and why', group: 'Desktops:', load: () => import('./why.ts') },
  { name: 'events', aliases: [], usage: '[client]', summary: 'show what happened to the desktops, and why', group: 'Desktops:', load: () => import('./events.ts') },
  { name: 'rm', aliases: ['remove'], usage: '<client...> | --all', summary: 'remove desktops', group: 'Desktops:', load: () => import('./rm.ts') },
  { name: 'adopt', aliases: [], usage: '[pattern]', summary: 'put desktops in the place of containers of an older system', group: 'Desktops:', load: () => import('./adopt.ts') },
  { name: 'reap', aliases: [], usage: '', summary: 'do one sweep of the daemon', group: 'Desktops:', load: () => import('./reap.ts') },
  { name: 'pool', aliases: [], usage: '<command>', summary: 'list, fill and drain the warm desktops', group: 'Installation:', load: () => import('./pool.ts') },
  { name: 'images', aliases: ['image'], usage: '<command>', summary: 'list, inspect, build and pull the images of the catalog', group: 'Installation:', load: () => import('./images.ts') },
  { name: 'engine', aliases: [], usage: '<command>', summary: 'start, stop and look at the container engine', group: 'Installation:', load: () => import('./engine.ts') },
  { name: 'config', aliases: [], usage: '<command>', summary: 'read and change the settings', group: 'Installation:', load: () => import('./config.ts') },
  { name: 'token', aliases: [], usage: '<command>', summary: "make, list and revoke the tokens to the daemon's API", group: 'Installation:', load: () => import('./token.ts') },
  { name: 'daemon', aliases: [], usage: '[command]', summary: 'watch the desktops: warn, pause and remove idle ones', group: 'Installation:', load: () => import('./daemon.ts') },
  { name: 'doctor', aliases: [], usage: '', summary: 'check everything a desktop needs', group: 'Installation:', load: () => import('./doctor.ts') },
  { name: 'bench', aliases: [], usage: '', summary: 'measure how fast desktops come and go here', group: 'Installation:', load: () => import('./bench.ts') },
  { name: 'completion', aliases: [], usage: '<shell>', summary: 'print the completion script of a shell', group: 'Help:', load: () => import('./completion.ts') },
  { name: 'version', aliases: [], usage: '', summary: 'show the versions of vncctl and of the engine', group: 'Help:', load: () => import('./version.ts') },
];

/** A page that `vncctl help <name>` prints. */
export interface Topic {
  name: string;
  summary: string;
}

export const TOPICS: readonly Topic[] = [{ name: 'security', summary: 'what is protected, against whom, and what is not' }];

/** The topic that a command line asks for, as `help <topic>`; undefined for all others. */
export function topicAskedBy(argv: readonly string[]): Topic | undefined {
  return argv[0] === 'help' ? TOPICS.find(({ name }) => name === argv[1]) : undefined;
}
