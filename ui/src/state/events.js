// Events that more than one slice answers. Every other event stands with the slice that answers it.

/**
 * @import { ErrorCode, HostingReach, InvitationPreview, InvitationView, Page } from '../../generated/api.js'
 * @import { Preview, RoomHandle, RoomView, Snapshot } from '../../generated/api.js'
 *
 * @typedef {{ name: 'starting' | 'unlock' | 'home' | 'create' }
 *   | { name: 'settings', from: ScreenOpened }
 *   | { name: 'host', reach: HostingReach }
 *   | { name: 'join', step: JoinStep, read: InvitationPreview | null, preview: Preview | null }
 *   | { name: 'invite', room: RoomHandle, fresh: boolean, invitation: InvitationView | null }
 *   | { name: 'room', room: RoomHandle }} Screen
 *
 * @typedef {'invitation' | 'where' | 'preview'} JoinStep
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
