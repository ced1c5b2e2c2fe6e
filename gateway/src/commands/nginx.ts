import { loadConfig } from '../config.ts'
import { renderNginx } from '../nginx.ts'

/** Prints the configuration of nginx for the environment of the gateway; NGINX_DIRECTORY is for nginx's own files. */
const { host, port, authUpstreams, taskUpstreams, corsOrigins, balancing, pageDirectory, pageConnectTo } =
  loadConfig(process.env)
process.stdout.write(
  await renderNginx(
    {
      host,
      port,
      authUpstreams,
      taskUpstreams,
      corsOrigins,
      balancing,
      ...(pageDirectory && { page: { directory: pageDirectory, connectTo: pageConnectTo } }),
    },
    process.env.NGINX_DIRECTORY || '/tmp',
  ),
)
