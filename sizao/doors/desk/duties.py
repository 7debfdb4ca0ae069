def of_person(scope, person, subjects):
    return []
