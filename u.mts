import { connect } from './dist/client/index.js'
