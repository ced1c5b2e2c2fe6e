export { AuthDbUsers, ImportRepository, type Progress } from './import.repository.ts'
export { importUsers } from './import.service.ts'
