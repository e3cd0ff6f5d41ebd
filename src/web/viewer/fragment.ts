// What a link carries in its fragment, which browsers send to no server: the key of a direct door or the ticket of a gateway. Pure.

/** The kinds of secrets that links carry. */
export type SecretName = 'key' | 'ticket';

/** The secret of a fragment such as `#key=s3cret`, decoded; undefined when there is none of that name or it is empty. */
export function secretFromFragment(fragment: string, name: SecretName): string | undefined {
  const secret = new URLSearchParams(fragment.replace(/^#/, '')).get(name);
  return secret === null || secret === '' ? undefined : secret;
}

/** The fragment without that secret, `''` or starting with `#`; other parameters stay. */
export function fragmentWithout(fragment: string, name: SecretName): string {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ''));
  parameters.delete(name);
  const rest = parameters.toString();
  return rest === '' ? '' : `#${rest}`;
}
