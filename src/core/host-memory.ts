// The memory of the host that desktops run on, as its operating system sees it.

export interface HostMemory {
  /** Bytes that programs could still take without anything being swapped out or killed; undefined where nobody can tell. Never throws. */
  availableBytes(): Promise<number | undefined>;
}
