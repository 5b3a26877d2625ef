import { z } from 'zod';
import { ADMIN, route } from '../route.ts';
import { PageQuery, pageOf } from '../schemas/base.ts';
import * as operate from '../schemas/operate.ts';
import * as policy from '../schemas/policy.ts';

/** Bytes of a bundle on the wire. */
const BUNDLE_LIMIT = 4 * 1024 * 1024;

/** Bundle versions and questions to the policy. */
export const POLICY_ROUTES = {
  storeBundle: route({
    method: 'POST',
    path: '/v1/policy/bundles',
    caller: 'operator',
    roles: ADMIN,
    summary: 'Check a bundle, run its tests and store it as a version',
    body: operate.BundleCreate,
    bodyLimit: BUNDLE_LIMIT,
    status: 201,
    response: operate.BundleStored,
  }),
  listBundles: route({
    method: 'GET',
    path: '/v1/policy/bundles',
    caller: 'operator',
    summary: 'List stored bundle versions',
    query: PageQuery,
    status: 200,
    response: pageOf(operate.BundleInfo),
  }),
  getBundle: route({
    method: 'GET',
    path: '/v1/policy/bundles/:version',
    caller: 'operator',
    summary: 'A stored version with its files',
    status: 200,
    response: policy.BundleDetail,
  }),
  validateBundle: route({
    method: 'POST',
    path: '/v1/policy/bundles/validate',
    caller: 'operator',
    summary: 'Check a bundle without storing it',
    body: operate.BundleCheck,
    bodyLimit: BUNDLE_LIMIT,
    status: 200,
    response: operate.BundleChecked,
  }),
  diffBundle: route({
    method: 'POST',
    path: '/v1/policy/bundles/diff',
    caller: 'operator',
    summary: 'What a bundle would change against the active one',
    body: operate.BundleCheck,
    bodyLimit: BUNDLE_LIMIT,
    status: 200,
    response: policy.BundleDiff,
  }),
  activateBundle: route({
    method: 'POST',
    path: '/v1/policy/bundles/:version/activate',
    caller: 'operator',
    roles: ADMIN,
    stepUp: true,
    summary: 'Make a stored version the active one; live grants are decided again',
    query: policy.ActivateQuery,
    status: 200,
    response: z.union([operate.Activation, policy.WideningAsked]),
    awaits: true,
  }),
  whoCan: route({
    method: 'GET',
    path: '/v1/policy/who-can',
    caller: 'operator',
    summary: 'Which agents get a scope, on which terms and in which situations',
    query: policy.WhoCanQuery,
    status: 200,
    response: policy.WhoCan,
  }),
  whatCan: route({
    method: 'GET',
    path: '/v1/policy/what-can',
    caller: 'operator',
    summary: 'What an agent gets, on which terms and in which situations',
    query: policy.WhatCanQuery,
    status: 200,
    response: policy.WhatCan,
  }),
  explainPolicy: route({
    method: 'POST',
    path: '/v1/policy/explain',
    caller: 'operator',
    summary: 'Why would this agent get, or not get, this scope',
    body: operate.ExplainRequest,
    status: 200,
    response: operate.Explanation,
  }),
} as const;
