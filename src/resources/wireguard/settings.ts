/** Settings of a WireGuard device, as wg(8) shows them. Keys are base64 of 32 bytes. */
export interface WireguardPeer {
  readonly publicKey: string;
  readonly presharedKey?: string | undefined;
  readonly endpoint?: { readonly address: string; readonly port: number } | undefined;
  /** Prefixes, sorted. */
  readonly allowedIPs: readonly string[];
  /** Seconds. */
  readonly keepalive?: number | undefined;
}

export interface WireguardSettings {
  readonly privateKey: string;
  readonly listenPort: number;
  /** By public key. */
  readonly peers: readonly WireguardPeer[];
}

export function endpointText({ address, port }: NonNullable<WireguardPeer["endpoint"]>): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
