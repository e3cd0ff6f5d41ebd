// Where the values of settings are looked for: flag > environment > project .env > user file. Names no setting.
import { parseEnv } from 'node:util';

/** An environment variable that gives a setting; `adapt` turns its value into ours where the two differ. */
export interface Variable {
  name: string;
  adapt(typed: string): string;
}

/** Where a value came from. */
export type Origin =
  | { kind: 'flag' }
  | { kind: 'environment'; variable: string }
  | { kind: 'project'; variable: string; file: string }
  | { kind: 'user'; file: string }
  | { kind: 'default' };

/** The user's settings file: its name and what it holds, known or not. */
export interface UserFile {
  file: string;
  values: Readonly<Record<string, unknown>>;
}

/** The .env file of the working directory, which may be another person's. */
export interface ProjectFile {
  file: string;
  /** Empty where it isn't read. */
  text: string;
  /** Why it isn't read, and what to do. */
  refused?: string;
  /** Every setting in it counts: a person has named this file to take its settings over. */
  whole?: true;
}

/** Where settings are looked for. Flags hold only what was typed. */
export interface SettingSources {
  flags?: Readonly<Record<string, string | undefined>>;
  env: Readonly<Record<string, string | undefined>>;
  project?: ProjectFile | undefined;
  user?: UserFile | undefined;
}

/** What one layer says of a setting; `fault` is set when it can't be used. */
export interface Found {
  text: string;
  origin: Origin;
  fault?: string;
}

/** One place where settings are. */
export interface Layer<N extends string> {
  find(name: N): Found | undefined;
}

/** The layers, strongest first: flags, environment, project, user. `variablesOf` names the variables of a setting, strongest first; `inProject` says which settings the project may give. */
export function layersOf<N extends string>({ flags = {}, env, project, user }: SettingSources, variablesOf: (name: N) => readonly Variable[], inProject: (name: N) => boolean): Layer<N>[] {
  const fromVariables = (values: Readonly<Record<string, string | undefined>>, origin: (variable: string) => Origin): Layer<N> => ({
    find(name) {
      for (const { name: variable, adapt } of variablesOf(name)) {
        // An empty variable counts as not set: compose files and shells pass `VNC_HOST=` for "no opinion".
        const typed = values[variable]?.trim();
        if (typed) return { text: adapt(typed), origin: origin(variable) };
      }
      return undefined;
    },
  });
  const layers: Layer<N>[] = [
    { find: (name) => (flags[name] === undefined ? undefined : { text: flags[name], origin: { kind: 'flag' } }) },
    fromVariables(env, (variable) => ({ kind: 'environment', variable })),
  ];
  if (project) {
    const all = fromVariables(parseEnv(project.text) as Record<string, string>, (variable) => ({ kind: 'project', variable, file: project.file }));
    layers.push({ find: (name) => (project.whole || inProject(name) ? all.find(name) : undefined) });
  }
  if (user) {
    const origin: Origin = { kind: 'user', file: user.file };
    layers.push({
      find: (name) => {
        const value = Object.hasOwn(user.values, name) ? user.values[name] : undefined;
        if (value === undefined || value === null || value === '') return undefined;
        if (typeof value !== 'object') return { text: String(value), origin };
        return { text: JSON.stringify(value), origin, fault: `a single value is expected, not ${Array.isArray(value) ? 'a list' : 'an object'}` };
      },
    });
  }
  return layers;
}

/** What a project file says of settings that it may not give, in the order of `names`. */
export function refusedInProject<N extends string>(
  { text }: ProjectFile,
  names: readonly N[],
  variablesOf: (name: N) => readonly Variable[],
  inProject: (name: N) => boolean,
): { name: N; variable: string }[] {
  const values = parseEnv(text) as Record<string, string | undefined>;
  return names.flatMap((name) => {
    const given = inProject(name) ? undefined : variablesOf(name).find(({ name: variable }) => values[variable]?.trim());
    return given ? [{ name, variable: given.name }] : [];
  });
}

/** An origin for a person: `flag`, a variable's name, a path, `default`. */
export function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
      return 'flag';
    case 'environment':
      return origin.variable;
    case 'project':
      return `${origin.variable} in ${origin.file}`;
    case 'user':
      return origin.file;
    case 'default':
      return 'default';
  }
}
