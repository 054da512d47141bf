export * from './fake-clock.ts';
export * from './seeded.ts';
export { simulate, SimulationFailed } from './sim/simulate.ts';
