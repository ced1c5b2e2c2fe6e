import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { ApiError } from '../api/client.ts'
import { sendSigned, user } from '../api/session.ts'
import { connection } from '../control/connection.ts'
import { Button, Trouble } from '../controls.tsx'
import { makeDemo } from '../todo/demo.ts'

/** Stays below the services' limit of calls from one address, also when one instance answers them all */
const EVERY_MS = 500

/**
 * Without a control port a page knows the instances by the answers to its own requests: here it sends some, one after
 * another. They end with the view: nothing runs that cannot be seen.
 */
export function OwnReads() {
  const isOn = useSignal(false)
  const trouble = useSignal('')

  async function ask() {
    try {
      if (!user.peek()) await makeDemo()
      await sendSigned({ path: '/tasks/' })
      trouble.value = ''
    } catch (error) {
      trouble.value = (error as ApiError).message
    }
  }

  useEffect(() => {
    if (!isOn.value) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let hasEnded = false
    const again = () =>
      ask().finally(() => {
        if (!hasEnded) timer = setTimeout(again, EVERY_MS)
      })
    void again()
    return () => {
      hasEnded = true
      clearTimeout(timer)
    }
  }, [isOn.value])

  if (connection.value !== 'none') return null
  return (
    <>
      <div class="row gap-above">
        <Button kind="primary" onClick={() => (isOn.value = !isOn.value)}>
          {isOn.value ? 'Stop asking' : 'Ask for the list twice a second'}
        </Button>
        <span class="hint">{user.value ? '' : 'An account is made for it.'}</span>
      </div>
      <Trouble text={trouble.value} />
    </>
  )
}
