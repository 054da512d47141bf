import type { AvailabilityZone } from '@aws-sdk/client-ec2';
import type { Region } from '@gantry/domain';
import type { Platform, PlatformConfig } from '../../platform.ts';
import { invalidValue } from './common/errors.ts';
import { chosen, filtered } from './common/filters.ts';
import type { Ec2Handlers } from './common/handler.ts';

/** Zones that subnets can be in: three of the region, and those of the configured subnets. */
export function zonesOf(config: Pick<PlatformConfig, 'subnets'>, region: Region): readonly string[] {
  const named = config.subnets.map(({ availabilityZone }) => availabilityZone);
  const own = named.filter((zone) => zone.startsWith(region));
  return [...new Set([...own, ...['a', 'b', 'c'].map((letter) => `${region}${letter}`)])].toSorted();
}

/** The zone's id, the same for everybody: `use1-az1` of us-east-1a. */
export function zoneIdOf(zone: string): string {
  const [, area = '', side = '', number = '', letter = 'a'] = /^([a-z]+)-([a-z-]+)-(\d+)([a-z]?)/.exec(zone) ?? [];
  const short = side
    .split('-')
    .map((word) => (/^(north|south)(east|west)$/.test(word) ? `${word[0]}${word[5]}` : word[0]));
  return `${area}${short.join('')}${number}-az${Math.max(1, letter.charCodeAt(0) - 96)}`;
}

export function zoneHandlers({ config }: Platform): Pick<Ec2Handlers, 'DescribeAvailabilityZones' | 'DescribeRegions'> {
  return {
    DescribeAvailabilityZones: async (input, { scope: { region } }) => {
      const all = zonesOf(config, region).map((name) => ({ name, tags: [] }));
      const byName = chosen(all, input.ZoneNames, ({ name }) => name, unknownZone);
      const byId = chosen(byName, input.ZoneIds, ({ name }) => zoneIdOf(name), unknownZone);
      const found = filtered(byId, input.Filters, ZONE_FILTERS, ({ name }) => ({
        'group-name': region,
        'opt-in-status': 'opt-in-not-required',
        'region-name': region,
        state: 'available',
        'zone-id': zoneIdOf(name),
        'zone-name': name,
        'zone-type': 'availability-zone',
      }));
      return { AvailabilityZones: found.map(({ name }) => wireZone(region, name)) };
    },

    DescribeRegions: async (input, { scope: { region } }) => {
      // Every region is served; the one that is asked is the one that is known of.
      const all = [...new Set([config.defaultScope.region, region])].toSorted().map((name) => ({ name, tags: [] }));
      const named = chosen(
        all,
        input.RegionNames,
        ({ name }) => name,
        (name) => invalidValue(`Invalid region '${name}'`),
      );
      const found = filtered(named, input.Filters, ['endpoint', 'opt-in-status', 'region-name'], ({ name }) => ({
        endpoint: config.endpoint,
        'opt-in-status': 'opt-in-not-required',
        'region-name': name,
      }));
      const Endpoint = new URL(config.endpoint).host;
      return {
        Regions: found.map(({ name }) => ({ RegionName: name, Endpoint, OptInStatus: 'opt-in-not-required' })),
      };
    },
  };
}

const ZONE_FILTERS = ['group-name', 'opt-in-status', 'region-name', 'state', 'zone-id', 'zone-name', 'zone-type'];

const unknownZone = (name: string) => invalidValue(`Invalid availability zone: [${name}]`);

const wireZone = (region: string, name: string): AvailabilityZone => ({
  State: 'available',
  OptInStatus: 'opt-in-not-required',
  Messages: [],
  RegionName: region,
  ZoneName: name,
  ZoneId: zoneIdOf(name),
  GroupName: region,
  NetworkBorderGroup: region,
  ZoneType: 'availability-zone',
});
