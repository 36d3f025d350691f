test/pgtap/privileges.sql: 227 objects
