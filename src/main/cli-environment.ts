/** The command line's slice of the environment, built where everything is built. */
export { type CliEnvironment, readCliEnvironment } from '../platform/config/cli-environment.ts';
