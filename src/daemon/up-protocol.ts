// What both sides of `up` through the daemon keep to.

export const UP_PATH = '/control/v1/up';

/** What the connection becomes. */
export const UP_PROTOCOL = 'vncctl-up';
