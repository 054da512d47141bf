/** Where a request came from, as the socket tells. What a header says of it (`X-Forwarded-For`) is not believed. */
export interface Origin {
  /** IPv4 or IPv6; an IPv4 address in IPv6 clothes is undressed. */
  readonly address: string;
  /** It came over TLS. */
  readonly secure: boolean;
  readonly tls?: { readonly version: string; readonly cipherSuite: string };
}
