/** The near end of the agent protocol. */
import type { ObservedState } from "../resources/observed.ts";
import type { Method, Methods } from "./protocol.ts";

export interface AgentClient {
  /** Rejects with LabError (code from the agent), `EAGENT` when the connection is lost, `ENOANSWER` when it is silent for too long. */
  call<M extends Method>(
    method: M,
    params: Methods[M]["params"],
    onEvent?: (event: Methods[M]["event"]) => void,
  ): Promise<Methods[M]["result"]>;
  /** As call() does: what there is, put together from the portions in which it comes. */
  observe(wants: Methods["observe"]["params"]): Promise<ObservedState>;
  /** Resolves when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>;
  close(): void;
}
