/** What a piece of work costs this process. */
export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export const noCost: Cost = { wallMs: 0, cpuMs: 0 };

export function addCosts(...costs: readonly Cost[]): Cost {
  return {
    wallMs: costs.reduce((sum, { wallMs }) => sum + wallMs, 0),
    cpuMs: costs.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
  };
}

export function subtractCost(from: Cost, cost: Cost): Cost {
  return { wallMs: from.wallMs - cost.wallMs, cpuMs: from.cpuMs - cost.cpuMs };
}

export function divideCost({ wallMs, cpuMs }: Cost, by: number): Cost {
  return { wallMs: wallMs / by, cpuMs: cpuMs / by };
}

/** Starts to measure; call what it returns when the work has ended. */
export function startCost(): () => Cost {
  const start = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { wallMs: performance.now() - start, cpuMs: (user + system) / 1000 };
  };
}
