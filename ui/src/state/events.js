// Events that more than one slice answers. Every other event stands with the slice that answers it.

/**
 * @import { ErrorCode, HostingReach, HeardInvitation, InvitationPreview, InvitationView } from '../../generated/api.js'
 * @import { Page, Preview, RoomHandle, RoomView, Snapshot } from '../../generated/api.js'
 *
 * @typedef {{ name: 'starting' | 'unlock' | 'home' | 'create' }
 *   | { name: 'settings', from: ScreenOpened }
 *   | { name: 'host', reach: HostingReach }
 *   | Join
 *   | { name: 'invite', room: RoomHandle, fresh: boolean, invitation: InvitationView | null }
 *   | { name: 'room', room: RoomHandle }} Screen
 *
 * @typedef {object} Join
 * @property {'join'} name
 * @property {JoinStep} step
 * @property {InvitationPreview | null} read
 * @property {Preview | null} preview
 * @property {HeardInvitation | null} heard What a number and three words became. Its link is never shown.
 *
 * @typedef {'invitation' | 'spoken' | 'heard' | 'where' | 'preview'} JoinStep
 *
 * @typedef {{ kind: 'screenOpened', screen: Screen, values?: Record<string, string> }} ScreenOpened
 *   The values are what its form begins with.
 *
 * @typedef {{ kind: 'snapshotTaken', snapshot: Snapshot }} SnapshotTaken
 *   Slices hear it only while the vault is open; `store.js` says when else it comes.
 *
 * @typedef {{ kind: 'newestWanted', room: RoomHandle }} NewestWanted The end of the timeline has to be read again.
 * @typedef {{ kind: 'newestRead', room: RoomHandle, page: Page }} NewestRead
 * @typedef {{ kind: 'roomViewed', room: RoomHandle, view: RoomView }} RoomViewed
 * @typedef {{ kind: 'roomFailed', room: RoomHandle, code: ErrorCode }} RoomFailed The room or its lines cannot be read.
 */

export {};
