/** A client's request in its course, as those see it who do a part of it. */
import type { AccessEntry } from "../resources/l7/access-entry.ts";
import type { Filter } from "../routing/filter.ts";
import type { RoutedRequest } from "../routing/request.ts";
import type { RequestFacts } from "../routing/variables.ts";
import type { AccessLog } from "./access-log.ts";
import type { HeaderList } from "./answer-sink.ts";
import type { Limits } from "./limits.ts";
import type { ProxiedAddresses } from "./proxy-header.ts";
import type { RequestBody } from "./request-body.ts";
import type { Responder } from "./responder.ts";
import type { ServedTable } from "./served-table.ts";

export interface Place {
  readonly served: ServedTable;
  readonly limits: Limits;
  readonly log: AccessLog;
  readonly addresses: ProxiedAddresses;
}

/** While it is filled in. */
export type Entered = { -readonly [K in keyof AccessEntry]: AccessEntry[K] };

export interface Course {
  readonly place: Place;
  readonly routed: RoutedRequest;
  readonly responder: Responder;
  readonly facts: RequestFacts;
  readonly entry: Entered;
  readonly body: RequestBody;
  /** The route's, and those of the backend that was chosen. */
  readonly filters: readonly Filter[];
  /** Headers that an external server adds for the backend. */
  readonly added: Record<string, string>;
  readonly over: boolean;
  /** With variables filled in. */
  readonly expand: (text: string) => string;
  /** An answer of our own. `why`: for the log. */
  answer(status: number, why: string, headers?: HeaderList, text?: string): void;
  /** As answer(), for what went wrong: a route may have another server say it. */
  refuse(status: number, why: string): void;
  /** True: another backend answers in place of what has this status. */
  customError(status: number): boolean;
  /** It lasts for as long as the connection, whatever its time was. */
  prolong(): void;
  /** The answer is out, or there will be none. */
  finish(): void;
}
