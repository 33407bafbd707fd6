"""Databases that frameworks and tools for migrations drop, empty or take back to an earlier form."""

from __future__ import annotations

from caro_shell.safety.rules.table import Row
from caro_shell.safety.verdict import Level

_GONE = "all data in it is lost"
ROWS = (
    Row("rails|rake|bundle|bin/rails|hanami|spring|padrino", Level.DANGER, f"drops the whole database: {_GONE}",
        words=r"\bdb:(?:drop|reset|purge|migrate:reset|truncate_all|seed:replant)\b(?!.*--help)|\bdb:(?:schema|structure):load\b.*=production\b"),
    Row("gitlab-rake|gitlab-backup", Level.DANGER, "writes over the whole service with a backup", words=r"\bgitlab:backup:restore\b|^restore\b", unless="--help"),
    Row("airflow", Level.DANGER, f"empties the whole database: {_GONE}", verbs="db|db-manager reset", unless="--help"),
    Row("airflow", Level.CAUTION, "deletes what is known of a workflow", verbs="dags|tasks|pools|variables|connections|users delete|clear", unless="--help"),
    Row("occ|nextcloud.occ", Level.DANGER, "deletes an account with all its files", verbs="user:delete"),
    Row("kudu", Level.DANGER, f"drops a table: {_GONE}", verbs="table|tablet|tserver delete|delete_table"),
    Row("dvc", Level.CAUTION, "deletes data that no version names", verbs="gc", options="-f --force -c --cloud", unless="--dry --help"),
    Row("celery", Level.DANGER, "deletes all waiting tasks, not recoverable", words=r"\b(?:purge|amqp queue\.(?:purge|delete))\b", unless="--help"),
    Row("celery", Level.CAUTION, "stops the workers", words=r"\b(?:control shutdown|multi (?:stop|kill)\w*)\b", unless="--help"),
    Row("rq", Level.DANGER, "deletes all waiting tasks, not recoverable", verbs="empty", unless="--help"),
    Row("rails|bundle|bin/rails|sidekiqctl|rake", Level.DANGER, "deletes all waiting tasks, not recoverable", words=r"Sidekiq::\w+(?:\.new)?(?:\([^)]*\))?\.(?:clear|all\.each\W{0,4}clear)|resque:clear|jobs:clear|\.all\.each\(&:clear\)"),
    Row(r"python[\d.]*|manage\.py|django-admin|uv|poetry|pipenv", Level.CAUTION, "deletes waiting tasks", words=r"manage(?:\.py)? (?:rqflush|clear_tasks|qflush)\b|(?:^|\s)-m celery\b.*\bpurge\b"),
    Row("php|artisan|sail", Level.DANGER, "deletes waiting or failed tasks, not recoverable", words=r"\b(?:queue:(?:clear|flush)|horizon:(?:clear|purge))\b(?!.*--help)"),
    Row("rails|rake|bundle|spring|gitlab-rails|bin/rails|discourse", Level.DANGER, "deletes every row of a table, not recoverable", words=r"\b(?:runner|console|r)\b.*\b[A-Z]\w+(?:\.all|\.unscoped|\.in_batches)?\.(?:(?:delete_all|destroy_all|update_all)|(?:find_each|each)\W{0,3}&:(?:destroy|delete))"),
    Row("rails|rake|bundle", Level.CAUTION, "takes changes of the database back", words=r"\bdb:(?:rollback|migrate:(?:down|redo)|schema:load|structure:load)\b"),
    Row(r"python[\d.]*|manage\.py|django-admin|uv|poetry|pipenv|pdm|hatch", Level.DANGER, f"empties the whole database: {_GONE}",
        words=r"(?:manage(?:\.py)?|django-admin|^)\s*(?:flush|reset_db|sqlflush \||migrate \w+ zero)\b(?!.*--help)|manage\.py (?:flush|reset_db|migrate \w+ zero)\b|\.objects\.all\(\)\.delete\("),
    Row("php|artisan|sail|composer|console", Level.DANGER, f"drops every table: {_GONE}", words=r"\b(?:migrate:(?:fresh|refresh|reset)|db:wipe|(?:doctrine:)?(?:database|schema):drop|d:[ds]:d)\b(?!.*(?:--pretend|--dump-sql|--help))"),
    Row("php|artisan|sail|composer", Level.CAUTION, "takes changes of the database back", words=r"\bmigrate:rollback\b|doctrine:migrations:migrate (?:prev|first)|doctrine:fixtures:load"),
    Row("npx|pnpm|yarn|bunx|bun|npm|prisma|pnpx|dotenv|sequelize|sequelize-cli|typeorm|knex|mikro-orm|drizzle-kit", Level.DANGER, f"drops every table: {_GONE}",
        words=r"\bmigrate reset\b|\bdb push\b.*--(?:force-reset|accept-data-loss)|\bdb:(?:drop|migrate:undo:all|wipe)\b|\bschema:drop\b|\bmigrate:rollback\b.*--all|\bmigration:fresh\b|schema:fresh"),
    Row("npx|pnpm|yarn|bunx|sequelize|sequelize-cli|typeorm|knex", Level.CAUTION, "takes changes of the database back", words=r"\b(?:db:migrate:undo|migration:revert|migrate:(?:rollback|down))\b"),
    Row("alembic|flask|quart|aerich", Level.DANGER, f"takes the whole database down to nothing: {_GONE}", words=r"\bdowngrade (?:.* )?base\b"),
    Row("alembic|flask|quart|aerich", Level.CAUTION, "takes changes of the database back", words=r"\bdowngrade\b", unless="--sql --help"),
    Row("flyway|liquibase", Level.DANGER, f"drops everything in the database: {_GONE}", words=r"(?:^|\s)(?:clean|drop-?all|dropAll)\b", unless="--help"),
    Row("liquibase|flyway", Level.CAUTION, "takes changes of the database back", words=r"(?:^|\s)(?:rollback\S*|undo|repair)\b"),
    Row("mvn|mvnw|gradle|gradlew", Level.DANGER, f"drops everything in the database: {_GONE}", words=r"flyway:clean|flywayClean|liquibase:dropAll|dropAll\b"),
    Row("mix", Level.DANGER, f"drops the whole database: {_GONE}", words=r"\becto\.(?:drop|reset)\b"),
    Row("dbmate|sqlx|diesel|goose|migrate|tern|atlas|soda|buffalo|sea-orm-cli|dotnet|dotnet-ef|refinery", Level.DANGER, f"drops the whole database: {_GONE}",
        words=r"(?:^|\s)(?:(?:database|db|pop|ef database|schema) (?:drop|reset|clean)|drop|migrate (?:fresh|reset|refresh)|reset|down-to 0|down -all|database update 0)\b(?!.*(?:--help|--dry-run))"),
    Row("wp|wp-cli", Level.DANGER, f"empties the whole site: {_GONE}", words=r"\b(?:db (?:drop|reset|clean)|site (?:empty|delete))\b"),
    Row("drush|n98-magerun2?|magerun", Level.DANGER, f"drops every table: {_GONE}", words=r"\b(?:sql[-:]drop|db:drop|site[-:]install|si)\b"),
)  # fmt: skip
