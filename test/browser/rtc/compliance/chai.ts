/*
 * What the compliance suite needs from js-libp2p's build tool, which would bring hundreds of other packages:
 * chai with the plugins that its assertions use, in the order in which that tool adds them.
 */
import { expect, use } from 'chai'
import promises from 'chai-as-promised'
import parentheses from 'chai-parentheses'
import bytes from 'chai-bites'

use(promises)
use(parentheses)
use(bytes)

export { expect }
