import type { Prepared } from './pool.ts';

/**
 * Ids of due leases to claim. `$2`: in all, `$3`: of one resource, `$4` and `$5`: names of resources
 * with less room, and how much. From each resource, found by skipping from one to the next in the
 * index, its oldest; then one of each in turn, where more are under way already later.
 */
export const CLAIM_DUE: Prepared = {
  name: 'claim-due',
  text: `with recursive named (resource) as (
     (select resource from leases where state = 'revoking' order by resource limit 1)
     union all
     select (select l.resource from leases l where l.state = 'revoking' and l.resource > n.resource
             order by l.resource limit 1)
     from named n where n.resource is not null),
   rooms as (
     select n.resource, coalesce(r.room, $3) as room from named n
     left join unnest($4::text[], $5::int[]) as r(resource, room) on r.resource = n.resource
     where n.resource is not null)
   select id from (
     select l.id, l.next_attempt_at,
       $3 - r.room + row_number() over (partition by r.resource order by l.next_attempt_at) as turn
     from rooms r, lateral (
       select id, next_attempt_at from leases
       where state = 'revoking' and resource = r.resource and next_attempt_at <= now_at()
       order by next_attempt_at limit r.room for update skip locked) l) waiting
   order by turn, next_attempt_at limit $2`,
};
