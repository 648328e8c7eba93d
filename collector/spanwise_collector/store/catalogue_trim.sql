-- Forgets of one project's catalogue all but the `left` entries that are worth the most. The hundred most frequent values of
-- every key come first and by how often they were seen, so that a key with a million values costs no other key its values, and
-- a million keys that were seen once cost nothing that was seen twice.
ALTER TABLE attributes DELETE
WHERE project = %(project)s
    AND (signal, scope, key, type, kept, value) NOT IN (
        SELECT signal, scope, key, type, kept, value
        FROM (
            SELECT *, row_number() OVER (PARTITION BY signal, scope, key ORDER BY seen DESC, value) AS place
            FROM (
                SELECT signal, scope, key, type, kept, value, sum(row_count) AS seen
                FROM attributes
                WHERE project = %(project)s
                GROUP BY signal, scope, key, type, kept, value
            )
        )
        ORDER BY intDiv(place - 1, 100), seen DESC, signal, scope, key, type, kept, value
        LIMIT %(left)s
    )
SETTINGS mutations_sync = 1
