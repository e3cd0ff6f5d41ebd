// What the tunnel asks about the bytes of a viewer: which of them may go on to the desktop, and whether somebody moved something.
// Whoever knows the protocol answers; the tunnel knows only these two questions.

export interface Verdict {
  /** What goes on to the desktop, in this order; the tunnel doesn't change it. */
  forward: readonly Uint8Array[];
  /** Whether there was input among it: a key, a pointer, a clipboard. */
  input: boolean;
  /** Set once the viewer has sent what can't be read: from then on nobody can tell whether there is input. */
  unread?: true;
  /** Ends the viewer, after what goes on: why, in at most 123 bytes, as the viewer is told. */
  close?: string;
}

/** Judges the next bytes of one viewer, cut anywhere; it may keep them. Begins where the viewer's handshake ended. */
export type ViewerFilter = (chunk: Buffer) => Verdict;
