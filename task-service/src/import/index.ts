export { AuthDbTasks, ImportRepository, Owners, type Progress } from './import.repository.ts'
export { importTasks } from './import.service.ts'
