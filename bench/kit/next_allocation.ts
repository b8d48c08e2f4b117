/**
 * The strategy of Toil's own batch system: whatever is freed is used at the next allocation of the
 * master. It is ours without its REVIVEs.
 *
 * @see toil.batchSystems.mesos.batchSystem in Toil
 * @module
 */

import type { DriverFactory } from "../../scheduler/mesos_link.ts";
import type { SchedulerDriver, SchedulerRequest } from "../../mesos/scheduler.ts";

/** How many REVIVEs get through: without the first, nothing would ever be offered. */
const FIRST_REVIVES = 1;

/** A factory whose drivers ask for nothing, and refuse nothing for longer than the moment. */
export function nextAllocation(factory: DriverFactory): DriverFactory {
  return (scheduler, info) => {
    const driver = factory(scheduler, info);
    let revives = 0;
    const send = (request: SchedulerRequest) => {
      if (request.type === "SUPPRESS") return;
      if (request.type === "REVIVE" && ++revives > FIRST_REVIVES) return;
      driver.send(withoutFilters(request));
    };
    return new Proxy<SchedulerDriver>(driver, {
      get: (target, name) => {
        if (name === "send") return send;
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };
}

function withoutFilters(request: SchedulerRequest): SchedulerRequest {
  const filters = { refuse_seconds: 0 };
  if (request.accept) return { ...request, accept: { ...request.accept, filters } };
  if (request.decline) return { ...request, decline: { ...request.decline, filters } };
  return request;
}
