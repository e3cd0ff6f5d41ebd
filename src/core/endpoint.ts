// Where the engine is. Found by engine/endpoint.ts; described here so that the composition root and doctor can speak of it.

/** An engine's address and how it was chosen. */
export interface Endpoint {
  /** As a person would type it: `unix:///…`, `tcp://host:port`, `ssh://…`. */
  address: string;
  transport: 'unix' | 'tcp' | 'tls' | 'ssh' | 'npipe';
  /** What chose it, as part of a sentence: "DOCKER_HOST", "docker context work". */
  source: string;
  tls?: { ca?: string; cert?: string; key?: string; skipVerify?: boolean };
}
